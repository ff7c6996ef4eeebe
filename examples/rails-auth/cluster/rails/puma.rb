environment 'production'
port 3000
threads 16, 16
# On SIGTERM: answer also those who wait to be accepted, and end with 0.
drain_on_shutdown
raise_exception_on_sigterm false
