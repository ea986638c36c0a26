# The image of the worker that groups the largest batches (infra/large-groupings.yaml). Nothing is in it but one binary and
# the certificates that it checks its peers by.
#
#   docker build --platform linux/arm64 -f infra/large-groupings.Dockerfile -t REGISTRY/darkroom-large-grouping:VERSION .

FROM --platform=linux/arm64 rust:1.95-slim-bookworm AS build
WORKDIR /darkroom
COPY . .
RUN cargo build --release --locked -p darkroom-cluster --bin darkroom-large-grouping

FROM --platform=linux/arm64 gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /darkroom/target/release/darkroom-large-grouping /darkroom-large-grouping
USER nonroot
ENTRYPOINT ["/darkroom-large-grouping"]
