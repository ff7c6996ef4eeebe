# podusher's image: Node, podusher's built files but the rehearsal, and koffi's binding for reading sockets. No shell, no
# package manager. For the processor that it is built on. Build: buildah bud -t podusher:dev .   (or docker build)
FROM docker.io/library/node:24-bookworm-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends binutils && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
# npm exec: by the Node of the lock file, which becomes the image's. Its symbols are a seventh of it.
RUN npm run build && npm exec -- node deploy/image.ts /image && strip /image/usr/local/bin/node

FROM scratch
COPY --from=build /image /
# One arena: glibc would otherwise keep 2 to 5 MiB more.
ENV MALLOC_ARENA_MAX=1 NODE_ENV=production
USER 65532:65532
EXPOSE 8866
ENTRYPOINT ["/usr/local/bin/node", "/podusher/podusher.cjs"]
CMD ["agent"]
