# The image of lossd: the binary, the libraries that Debian slim lacks, and nothing to run them with: no shell is needed,
# nothing is written, nobody is root.
FROM docker.io/library/debian:bookworm-slim AS build
WORKDIR /lossd
# The packages first: they change less often than the sources.
COPY dev ./
RUN ./dev setup --build-only
COPY . .
ARG REVISION=""
RUN cmake --preset release -DLOSSD_TESTS=OFF -DLOSSD_DEVELOPER=OFF -DLOSSD_REVISION="$REVISION" \
 && cmake --build build/release --target lossd
# What the base has is left to the base: the C and C++ runtime, which its security updates keep fresh.
RUN set -eu; libraries=/image/usr/lib/$(gcc -print-multiarch); licences=/image/usr/share/doc; \
    mkdir -p "$libraries" "$licences/lossd"; \
    install -D --strip build/release/bin/lossd /image/usr/bin/lossd; \
    cp LICENSE "$licences/lossd/"; \
    ldd /image/usr/bin/lossd | awk '$3 ~ "^/" { print $3 }' | grep -Ev '/lib(c|m|gcc_s|stdc\+\+)\.so' | while read -r library; do \
      install -m 644 "$library" "$libraries/"; \
      package=$(dpkg -S "*/$(basename "$(realpath "$library")")" | head -n 1 | cut -d: -f1); \
      mkdir -p "$licences/$package"; cp "/usr/share/doc/$package/copyright" "$licences/$package/"; \
    done

FROM docker.io/library/debian:bookworm-slim
COPY --from=build /image /
ARG VERSION=""
ARG REVISION=""
ARG CREATED=""
LABEL org.opencontainers.image.title="lossd" \
      org.opencontainers.image.description="Prometheus exporter for the dynamics of training losses" \
      org.opencontainers.image.source="https://github.com/lossd/lossd" \
      org.opencontainers.image.documentation="https://github.com/lossd/lossd/blob/main/deploy/README.md" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="docker.io/library/debian:bookworm-slim" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.created="$CREATED"
USER 65532:65532
EXPOSE 10333
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=3s --start-period=5s --retries=3 CMD ["/usr/bin/lossd", "healthcheck"]
ENTRYPOINT ["/usr/bin/lossd"]
CMD ["serve"]
