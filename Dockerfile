# One image for the site and its worker: scripts and styles are built with Node, the rest with Python alone.

FROM node:20-slim AS scripts
WORKDIR /site/assets
COPY assets/package.json assets/package-lock.json assets/.npmrc ./
RUN npm ci --no-audit --no-fund
COPY assets/ ./
COPY portal/static/ /site/portal/static/
COPY portal/live/static/ /site/portal/live/static/
RUN node build.mjs

FROM python:3.11-slim AS packages
RUN python -m venv /venv
COPY requirements.lock .
RUN /venv/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements.lock

# Babel compiles the catalogues; it stays out of the image that runs.
FROM packages AS words
COPY requirements-dev.lock .
RUN python -m venv /tools \
 && python -c "import re; text = open('requirements-dev.lock').read(); print(re.search(r'^babel==.*?(?=^\S|\Z)', text, re.M | re.S)[0])" > babel.lock \
 && /tools/bin/pip install --no-cache-dir --no-deps --require-hashes -r babel.lock
COPY locale/ /locale/
RUN for language in id en; do \
      /tools/bin/pybabel compile -l "$language" \
        -i "/locale/$language/LC_MESSAGES/django.po" -o "/locale/$language/LC_MESSAGES/django.mo" \
      || exit 1; \
    done

FROM python:3.11-slim
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=portal.settings \
    PORTAL_STATIC=/srv/static \
    PORTAL_MEDIA=/srv/media
RUN useradd --system --uid 10001 --home-dir /app rembuk \
 && mkdir -p /srv/static /srv/media /app/var \
 && chown rembuk /srv/static /srv/media /app/var
# `backup` and `restore` need a client that is not older than the server of the compose file.
RUN apt-get update \
 && apt-get install -y --no-install-recommends postgresql-client \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=packages /venv /venv
COPY LICENSE pyproject.toml ./
COPY portal/ portal/
COPY consultations/ consultations/
COPY proposals/ proposals/
COPY templates/ templates/
COPY --from=words /locale locale/
COPY --from=scripts /site/assets/dist assets/dist/
USER rembuk
# Addresses and key of this step only: nothing is contacted, nothing is kept.
RUN PORTAL_SECRET_KEY=only-while-building PORTAL_HOSTS=localhost PORTAL_MAIL_URL=dummymail:// \
    DATABASE_URL=postgres:///none REDIS_URL=unix:///none \
    python -m portal collectstatic --no-input --verbosity 0
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=40s --retries=4 \
  CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(r.Request('http://127.0.0.1:8000/healthz', headers={'Host': os.environ['PORTAL_HOSTS'].split(',')[0].strip(' .')}), timeout=4)"]
CMD ["python", "-m", "portal", "serve", "--host", "0.0.0.0", "--workers", "2"]
