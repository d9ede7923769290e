# The gateway in a small image. Build: docker build -t sluice .
# Run:   docker run -v /etc/sluice:/etc/sluice:ro -v sluice-data:/var/lib/sluice \
#            -p 8443:8443 -p 8444:8444 sluice
# Settings are read from /etc/sluice/sluice.toml; let log.dir and log.secrets point below
# /var/lib/sluice.

FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
RUN cargo build --locked --release --bin sluice

FROM debian:bookworm-slim
RUN useradd --system --uid 10001 --home-dir /var/lib/sluice --create-home sluice
COPY --from=build /src/target/release/sluice /usr/local/bin/sluice
USER sluice
VOLUME /var/lib/sluice
EXPOSE 8443 8444 9464
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/sluice"]
CMD ["serve", "--config", "/etc/sluice/sluice.toml"]
