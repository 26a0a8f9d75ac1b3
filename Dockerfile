# The gateway: Node 24 on Debian 12, FFmpeg from Debian. Only the media engine in C++ is built, in a stage of its own.
FROM node:24-bookworm-slim AS native
RUN apt-get update && apt-get install -y --no-install-recommends g++
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund
COPY scripts scripts
COPY native native
RUN node scripts/native.mjs

FROM node:24-bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ffmpeg \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
ENV NODE_ENV=production
# As many as UDP ports are published: one each, from 8189 on.
ENV FRONTROW_MEDIA__WORKERS=1
# A container is reached from outside by mapping its port, so keys or tokens must be set, or FRONTROW_AUTH__ALLOW_OPEN=true.
ENV FRONTROW_HTTP__ADDRESS=::
# This image's Node is the one that runs; the copy that npm could bring along stays out with the install scripts.
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund && npm cache clean --force
COPY src src
COPY ffmpeg ffmpeg
COPY public public
COPY --from=native /app/native/build native/build
USER node
EXPOSE 8080/tcp 8189/udp 8189/tcp
HEALTHCHECK --interval=5s --timeout=4s --start-period=15s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.FRONTROW_HTTP__PORT ?? 8080}/readyz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Settings: FRONTROW_… variables, or a file mounted at /app/frontrow.yaml.
CMD ["node", "--disable-warning=ExperimentalWarning", "--max-semi-space-size=4", "src/main.ts"]
