# The running system: executor (8080) and monitor (8081), nothing to build or test with.
# The base is pinned by its tag; whoever builds for production pins the digest: --build-arg BASE=python:...@sha256:...
ARG BASE=python:3.11.14-slim-bookworm
FROM ${BASE} AS packages
COPY requirements.lock /
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /requirements.lock

FROM ${BASE}
RUN apt-get update \
    && apt-get install -y --no-install-recommends tini=0.19.0-* \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 micro \
    && useradd --uid 10001 --gid micro --no-create-home --shell /usr/sbin/nologin micro \
    && install -d -o micro -g micro -m 0700 /state
COPY --from=packages /venv /venv
WORKDIR /app
# .dockerignore lets only the sources through.
COPY . .
RUN /venv/bin/python -m compileall -q .

# The root file system may be mounted read-only: all that is written goes to /state, temporary files to /tmp (a tmpfs).
ENV PATH=/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MICRO_BIND=0.0.0.0 \
    MICRO_STATE_DIR=/state
USER 10001:10001
VOLUME /state
EXPOSE 8080 8081
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f\"http://127.0.0.1:{os.environ.get('MICRO_MONITOR_PORT', 8081)}/health\", timeout=4)"]
ENTRYPOINT ["/usr/bin/tini", "--", "python", "run.py"]
