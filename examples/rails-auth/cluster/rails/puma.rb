environment 'production'
port 3000
threads 16, 16
