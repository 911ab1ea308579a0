package dev.ambit.control.l7.authz;

import java.util.ArrayList;
import java.util.List;

/// What a clause of a rule compares.
sealed interface Attribute {
    /// Only requests have it: not connections.
    boolean needsHttp();

    /// Of the destination or the request: a permission, in Envoy's words.
    sealed interface OfDestination extends Attribute {}

    /// Of the source: a principal, in Envoy's words.
    sealed interface OfSource extends Attribute {}

    /// Attributes of connections.
    enum Connection implements OfDestination {
        DESTINATION_IP,
        DESTINATION_PORT,
        SNI;

        @Override
        public boolean needsHttp() {
            return false;
        }
    }

    /// Attributes of requests.
    enum Request implements OfDestination {
        HOST,
        METHOD,
        PATH;

        @Override
        public boolean needsHttp() {
            return true;
        }
    }

    /// Dynamic metadata that some filter has written.
    record FilterMetadata(String filter, String key) implements OfDestination {
        @Override
        public boolean needsHttp() {
            return false;
        }
    }

    /// Attributes of the peer.
    enum Peer implements OfSource {
        SOURCE_IP,
        REMOTE_IP,
        NAMESPACE,
        TRUST_DOMAIN,
        PRINCIPAL;

        @Override
        public boolean needsHttp() {
            return false;
        }
    }

    /// @param namespace of accounts that are written without one
    record ServiceAccount(String namespace) implements OfSource {
        @Override
        public boolean needsHttp() {
            return false;
        }
    }

    record Header(String name) implements OfSource {
        @Override
        public boolean needsHttp() {
            return true;
        }
    }

    /// Issuer and subject of a verified token.
    record RequestPrincipal() implements OfSource {
        @Override
        public boolean needsHttp() {
            return true;
        }
    }

    /// A claim of a verified token: a text, or one of a list.
    record Claim(List<String> path) implements OfSource {
        public Claim {
            path = List.copyOf(path);
        }

        @Override
        public boolean needsHttp() {
            return true;
        }
    }

    /// A key that is not known: nothing can be said about it.
    record Unknown(String key) implements OfDestination {
        @Override
        public boolean needsHttp() {
            return false;
        }
    }

    /// @param key of a condition
    /// @param namespace of the policy
    static Attribute of(String key, String namespace) {
        return switch (key) {
            case "destination.ip" -> Connection.DESTINATION_IP;
            case "destination.port" -> Connection.DESTINATION_PORT;
            case "connection.sni" -> Connection.SNI;
            case "source.ip" -> Peer.SOURCE_IP;
            case "remote.ip" -> Peer.REMOTE_IP;
            case "source.namespace" -> Peer.NAMESPACE;
            case "source.trustDomain" -> Peer.TRUST_DOMAIN;
            case "source.principal" -> Peer.PRINCIPAL;
            case "source.serviceAccount" -> new ServiceAccount(namespace);
            case "request.auth.principal" -> new RequestPrincipal();
            case "request.auth.audiences" -> new Claim(List.of("aud"));
            case "request.auth.presenter" -> new Claim(List.of("azp"));
            default -> named(key);
        };
    }

    private static Attribute named(String key) {
        int open = key.indexOf('[');
        if (open < 0 || !key.endsWith("]")) {
            return new Unknown(key);
        }
        var name = key.substring(0, open);
        var inside = key.substring(open + 1, key.length() - 1);
        if (name.equals("request.headers")) {
            return new Header(inside);
        }
        if (name.equals("request.auth.claims")) {
            return new Claim(path(inside));
        }
        var experimental = "experimental.";
        return name.startsWith(experimental + "envoy.filters.")
                ? new FilterMetadata(name.substring(experimental.length()), inside)
                : new Unknown(key);
    }

    /// `a][b` is `b` inside `a`; brackets in any other place are part of one name.
    private static List<String> path(String inside) {
        var path = new ArrayList<String>();
        for (var part : inside.split("]\\[", -1)) {
            if (part.contains("[") || part.contains("]")) {
                return List.of(inside);
            }
            path.add(part);
        }
        return path;
    }
}
