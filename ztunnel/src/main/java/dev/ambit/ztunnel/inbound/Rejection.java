package dev.ambit.ztunnel.inbound;

import java.net.InetAddress;
import java.net.InetSocketAddress;

/// Why a request is answered without asking policy. Texts are the reference's where it has one.
public sealed interface Rejection {
    record NotConnect(String method) implements Rejection {}

    record BadAuthority(String authority, String reason) implements Rejection {}

    /// The pod is not, or not yet, in the mesh state.
    record UnknownWorkload(String pod) implements Rejection {}

    /// The request is for somebody else's address.
    record IpMismatch(InetAddress own, InetAddress asked) implements Rejection {}

    record UnknownHostname(String hostname, int port) implements Rejection {}

    record UnresolvedPort(String hostname, int port) implements Rejection {}

    /// The application wants to be told an address, and the service that was asked for has none.
    record NoAddress(String hostname) implements Rejection {}

    record SelfCall(InetSocketAddress target) implements Rejection {}

    /// HTTP status code of the answer.
    default int status() {
        return switch (this) {
            case NotConnect _, BadAuthority _, IpMismatch _ -> 400;
            case UnknownWorkload _, UnknownHostname _, UnresolvedPort _, NoAddress _, SelfCall _ ->
                    503;
        };
    }

    default String text() {
        return switch (this) {
            case NotConnect(var method) -> "expected method CONNECT, got " + method;
            case BadAuthority(var authority, var reason) ->
                    "invalid CONNECT address " + authority + ": " + reason;
            case UnknownWorkload(var pod) ->
                    "failed to fetch information about local workload: "
                            + pod
                            + " (the control plane has not sent it)";
            case IpMismatch(var own, var asked) ->
                    "ip mismatch: " + own.getHostAddress() + " != " + asked.getHostAddress();
            case UnknownHostname(var hostname, var port) ->
                    "no service or workload for hostname: " + hostname + ":" + port;
            case UnresolvedPort(var hostname, var port) ->
                    "requested service "
                            + hostname
                            + ":"
                            + port
                            + " found, but cannot resolve port";
            case NoAddress(var hostname) ->
                    "requested service " + hostname + " found, but has no IP addresses";
            case SelfCall _ -> "attempted recursive call to ourselves";
        };
    }
}
