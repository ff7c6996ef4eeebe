# A real Rails, in one file. Every request but the probe's is authenticated by auth, the pod's other container.
require 'action_controller/railtie'
require 'net/http'

class Shop < Rails::Application
  config.api_only = true
  config.eager_load = true
  config.logger = ActiveSupport::Logger.new($stdout)
  config.log_level = :warn
  config.secret_key_base = SecureRandom.hex(64)
end

class OrdersController < ActionController::API
  AUTH_DEADLINE_S = 2

  before_action :authenticate, except: :health

  def health
    head :ok
  end

  def index
    sleep 0.02
    render plain: "hello\n"
  end

  # A slow one, which a deployment must not cut.
  def report
    sleep 3
    render plain: "a long report\n"
  end

  private

  def authenticate
    auth = Net::HTTP.new('127.0.0.1', 4000)
    auth.open_timeout = auth.read_timeout = AUTH_DEADLINE_S
    auth.max_retries = 0
    return if auth.get('/check').is_a?(Net::HTTPSuccess)

    render plain: "auth says no\n", status: :unauthorized
  rescue SystemCallError, Timeout::Error, IOError => e
    render plain: "auth does not answer: #{e.class}\n", status: :internal_server_error
  end
end

Shop.initialize!
Shop.routes.draw do
  get '/healthz', to: 'orders#health'
  get '/', to: 'orders#index'
  get '/report', to: 'orders#report'
end

run Shop
