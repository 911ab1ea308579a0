package dev.ambit.hbone;

import java.util.Optional;

/// A CONNECT request's head: RFC 9113 section 8.5 and the headers of HBONE, each as its raw value.
/// The codecs in `wire` read and write them; an absent header is not an empty one.
///
/// @param method `CONNECT`, or on the server whatever a stranger sent
/// @param authority `10.0.0.1:8080`, `[2001:db8::1]:8080` or `host:port`; not yet parsed
/// @param forwardedNetwork `x-forwarded-network`, the caller's network behind a gateway
/// @param source `x-istio-source`, what kind of proxy asks a gateway: `waypoint`, `gateway`
public record ConnectRequest(
        String method,
        String authority,
        Optional<String> baggage,
        Optional<String> forwarded,
        Optional<String> traceparent,
        Optional<String> forwardedNetwork,
        Optional<String> source) {

    public ConnectRequest(
            String method,
            String authority,
            Optional<String> baggage,
            Optional<String> forwarded,
            Optional<String> traceparent,
            Optional<String> forwardedNetwork) {
        this(
                method,
                authority,
                baggage,
                forwarded,
                traceparent,
                forwardedNetwork,
                Optional.empty());
    }

    public static ConnectRequest to(
            String authority, String baggage, String forwarded, String traceparent) {
        return new ConnectRequest(
                "CONNECT",
                authority,
                Optional.of(baggage),
                Optional.of(forwarded),
                Optional.of(traceparent),
                Optional.empty());
    }

    /// The inner request of a nested tunnel: the far end can't look the caller's address up, since
    /// it is on another network.
    ///
    /// @param network the caller's, may be empty
    public ConnectRequest throughGateway(String network) {
        return new ConnectRequest(
                method, authority, baggage, forwarded, traceparent, Optional.of(network));
    }

    /// The same, from a proxy of this kind.
    public ConnectRequest from(String kind) {
        return new ConnectRequest(
                method,
                authority,
                baggage,
                forwarded,
                traceparent,
                forwardedNetwork,
                Optional.of(kind));
    }
}
