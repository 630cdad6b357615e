# Builds the JavaScript, then keeps only what runs.
FROM node:26-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# Without install scripts: the only one fetches a Node, and this image is one.
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src src
COPY web web
COPY test/contract test/contract
RUN npm run build && npm ci --omit=dev --ignore-scripts

FROM node:26-slim
ENV NODE_ENV=production SEKALI_HOST=0.0.0.0 SEKALI_PORT=8080 SEKALI_STORE=sqlite:/data/sekali.db
ENV MALLOC_ARENA_MAX=2
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY bin bin
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.SEKALI_PORT}/health`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "--max-semi-space-size=8", "--max-old-space-size=1024", "bin/sekali.js"]
CMD ["serve"]
