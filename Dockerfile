# The image of lossd: one static program, and nothing to run it with: no shell, no library, nothing is written, nobody is root.
# For another architecture than one's own: --platform linux/arm64, which is compiled across, not emulated.
FROM --platform=$BUILDPLATFORM docker.io/library/debian:bookworm-slim AS build
WORKDIR /lossd
COPY . .
ARG TARGETARCH
ARG REVISION=""
RUN deploy/packages/static.sh "${TARGETARCH:-$(dpkg --print-architecture)}" /lossd "${REVISION:-unknown}" && mv build/static-*/image /image

FROM scratch
COPY --from=build /image /
ARG VERSION=""
ARG REVISION=""
ARG CREATED=""
LABEL org.opencontainers.image.title="lossd" \
      org.opencontainers.image.description="Prometheus exporter for the dynamics of training losses" \
      org.opencontainers.image.source="https://github.com/lossd/lossd" \
      org.opencontainers.image.documentation="https://github.com/lossd/lossd/blob/main/deploy/README.md" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.created="$CREATED"
USER 65532:65532
EXPOSE 10333
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=3s --start-period=5s --retries=3 CMD ["/usr/bin/lossd", "healthcheck"]
ENTRYPOINT ["/usr/bin/lossd"]
CMD ["serve"]
