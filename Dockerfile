FROM python:3.13-slim AS build
WORKDIR /src
COPY locks/runtime.txt locks/runtime.txt
RUN python -m venv /opt/tocsin \
 && /opt/tocsin/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r locks/runtime.txt
COPY pyproject.toml README.md LICENSE ./
COPY streams streams
COPY alerting alerting
RUN /opt/tocsin/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation .

FROM python:3.13-slim
LABEL org.opencontainers.image.title="Tocsin" \
      org.opencontainers.image.licenses="Apache-2.0"
# The words in pictures of charts are drawn in it. Whichever version the distribution has is fine.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends fonts-dejavu-core \
 && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --home-dir /var/lib/tocsin --create-home tocsin
COPY --from=build /opt/tocsin /opt/tocsin
ENV PATH=/opt/tocsin/bin:$PATH \
    PYTHONUNBUFFERED=1
USER 10001
WORKDIR /var/lib/tocsin
EXPOSE 8080 8081 8082
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
  CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(os.environ.get('TOCSIN_HEALTH_URL', 'http://127.0.0.1:8080/-/healthy'), timeout=4)"]
ENTRYPOINT ["tocsin"]
CMD ["serve"]
