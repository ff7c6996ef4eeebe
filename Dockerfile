# podusher's image: Node, the agent as one built file, and koffi's binding for reading sockets. No shell, no package
# manager. Build: buildah bud -t podusher:dev .   (or docker build)
FROM docker.io/library/debian:bookworm-slim AS node-libraries
RUN apt-get update && apt-get install -y --no-install-recommends libstdc++6 libgcc-s1 && rm -rf /var/lib/apt/lists/*

FROM docker.io/library/node:24-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN npm run build && node deploy/image.ts /image

FROM scratch
# The C library and what else Node links to.
COPY --from=node-libraries /lib/x86_64-linux-gnu/libc.so.6 /lib/x86_64-linux-gnu/libm.so.6 /lib/x86_64-linux-gnu/libdl.so.2 /lib/x86_64-linux-gnu/libpthread.so.0 /lib/x86_64-linux-gnu/libgcc_s.so.1 /usr/lib/x86_64-linux-gnu/libstdc++.so.6 /lib/x86_64-linux-gnu/
COPY --from=node-libraries /lib64/ld-linux-x86-64.so.2 /lib64/
COPY --from=build /image /
# One arena: glibc would otherwise keep 2 to 5 MiB more (ARCHITECTURE.md, "Light").
ENV MALLOC_ARENA_MAX=1 NODE_ENV=production
USER 65532:65532
EXPOSE 8866
ENTRYPOINT ["/usr/local/bin/node", "/podusher/podusher.cjs"]
CMD ["agent"]
