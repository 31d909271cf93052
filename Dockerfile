# The portal's image: web, worker, beat and migrate are the same image with another command.
FROM python:3.12-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/portal/venv
COPY requirements.lock /tmp/requirements.lock
RUN /opt/portal/venv/bin/pip install --require-hashes -r /tmp/requirements.lock

FROM python:3.12-slim
RUN useradd --system --create-home --home-dir /var/lib/portal --uid 10001 portal
COPY --from=build /opt/portal/venv /opt/portal/venv
COPY . /opt/portal/app
WORKDIR /opt/portal/app
ENV PATH=/opt/portal/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=csm_portal.settings \
    PORTAL_HOME=/var/lib/portal \
    STATIC_ROOT=/opt/portal/static
# Hashed and compressed once, here. The key is used for nothing and stays out of the image's environment.
RUN SECRET_KEY=build COLLECT_STATIC=true python -m django collectstatic --no-input --verbosity 0
USER portal
EXPOSE 8000
CMD ["gunicorn", "-c", "python:csm_portal.gunicorn_conf", "--bind", "0.0.0.0:8000", "csm_portal.wsgi"]
