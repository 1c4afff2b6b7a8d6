"""What the tutorial of Channels ends with: a consumer, a group, a layer on Redis."""

import environ

env = environ.Env()

SECRET_KEY = env.str("PORTAL_SECRET_KEY")
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = ["channels"]
ASGI_APPLICATION = "bench.reference.chat.application"
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [env.str("REDIS_URL")]},
    }
}
USE_TZ = True
