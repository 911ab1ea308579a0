package dev.ambit.waypoint.telemetry.format;

import dev.ambit.waypoint.telemetry.format.Basic.Present;
import dev.ambit.waypoint.telemetry.format.Basic.Text;
import dev.ambit.waypoint.telemetry.format.Operators.Argument;
import java.util.List;

/// Facts of the TLS connections. Behind the front there is none, as in Envoy behind an internal
/// listener; at the front the SPIFFE URIs of both ends are known.
final class TlsOperators {
    private static final List<String> ENDS = List.of("PEER", "LOCAL");
    private static final List<String> NAMES =
            List.of("DNS_SAN", "IP_SAN", "EMAIL_SAN", "OTHERNAME_SAN", "SUBJECT");
    private static final List<String> OTHERS =
            List.of(
                    "UPSTREAM_TLS_CIPHER",
                    "UPSTREAM_TLS_VERSION",
                    "UPSTREAM_TLS_SESSION_ID",
                    "UPSTREAM_PEER_ISSUER",
                    "UPSTREAM_PEER_CERT",
                    "UPSTREAM_PEER_SUBJECT",
                    "UPSTREAM_PEER_URI_SAN",
                    "UPSTREAM_PEER_DNS_SAN",
                    "UPSTREAM_PEER_IP_SAN",
                    "UPSTREAM_LOCAL_URI_SAN",
                    "UPSTREAM_LOCAL_DNS_SAN",
                    "UPSTREAM_LOCAL_IP_SAN",
                    "DOWNSTREAM_TLS_SESSION_ID",
                    "DOWNSTREAM_TLS_CIPHER",
                    "DOWNSTREAM_PEER_FINGERPRINT_256",
                    "DOWNSTREAM_PEER_FINGERPRINT_1",
                    "DOWNSTREAM_PEER_SERIAL",
                    "DOWNSTREAM_PEER_CHAIN_FINGERPRINTS_256",
                    "DOWNSTREAM_PEER_CHAIN_FINGERPRINTS_1",
                    "DOWNSTREAM_PEER_CHAIN_SERIALS",
                    "DOWNSTREAM_PEER_ISSUER",
                    "DOWNSTREAM_PEER_CERT",
                    "TLS_JA3_FINGERPRINT",
                    "TLS_JA4_FINGERPRINT");

    private TlsOperators() {}

    static void fill(Operators.Table table) {
        for (var name : OTHERS) {
            table.plain(name, new Text(_ -> null));
        }
        for (var end : ENDS) {
            for (var name : NAMES) {
                table.plain("DOWNSTREAM_" + end + "_" + name, new Text(_ -> null));
            }
        }
        for (var end : List.of("DOWNSTREAM", "UPSTREAM")) {
            for (var instant : List.of("START", "END")) {
                table.put(
                        end + "_PEER_CERT_V_" + instant,
                        Argument.OPTIONAL,
                        false,
                        (command, context) -> {
                            // The format is checked all the same.
                            new Strftime(command.argument(), context.process().zone());
                            return new Text(_ -> null);
                        });
            }
        }
        table.put(
                "DOWNSTREAM_PEER_URI_SAN",
                Argument.NONE,
                false,
                (_, context) ->
                        new Present(
                                info -> context.ownTls() ? info.connection().peerPrincipal() : ""));
        table.put(
                "DOWNSTREAM_LOCAL_URI_SAN",
                Argument.NONE,
                false,
                (_, context) ->
                        new Present(info ->
                                context.ownTls() ? info.connection().localPrincipal() : ""));
        // HBONE is TLS 1.3 alone.
        table.put(
                "DOWNSTREAM_TLS_VERSION",
                Argument.NONE,
                false,
                (_, context) ->
                        new Present(info ->
                                context.ownTls() && !info.connection().peerPrincipal().isEmpty()
                                        ? "TLSv1.3"
                                        : ""));
    }
}
