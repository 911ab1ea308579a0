package dev.ambit.waypoint.security;

import dev.ambit.mesh.model.Cidr;
import dev.ambit.waypoint.match.HeaderMatch;
import dev.ambit.waypoint.match.MetadataMatch;
import dev.ambit.waypoint.match.TextMatch;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A permission or a principal of `envoy.config.rbac.v3`, compiled. What can't be known of a
/// connection or a request does not hold.
public sealed interface Condition {
    boolean holds(Facts facts);

    /// What it looks at, as people name it in policies.
    String field();

    record Always() implements Condition {
        @Override
        public boolean holds(Facts facts) {
            return true;
        }

        @Override
        public String field() {
            return "any";
        }
    }

    record All(List<Condition> conditions) implements Condition {
        public All {
            conditions = List.copyOf(conditions);
        }

        @Override
        public boolean holds(Facts facts) {
            for (int i = 0; i < conditions.size(); i++) {
                if (!conditions.get(i).holds(facts)) {
                    return false;
                }
            }
            return true;
        }

        @Override
        public String field() {
            return conditions.isEmpty() ? "any" : conditions.getFirst().field();
        }
    }

    record OneOf(List<Condition> conditions) implements Condition {
        public OneOf {
            conditions = List.copyOf(conditions);
        }

        @Override
        public boolean holds(Facts facts) {
            for (int i = 0; i < conditions.size(); i++) {
                if (conditions.get(i).holds(facts)) {
                    return true;
                }
            }
            return false;
        }

        @Override
        public String field() {
            return conditions.isEmpty() ? "none" : conditions.getFirst().field();
        }
    }

    record Not(Condition condition) implements Condition {
        @Override
        public boolean holds(Facts facts) {
            return !condition.holds(facts);
        }

        @Override
        public String field() {
            return "not " + condition.field();
        }
    }

    /// Each value of a repeated field is asked on its own: joined, `evil` would hide behind
    /// `good,evil`. Of an inverted condition none may match.
    record Header(HeaderMatch match) implements Condition {
        @Override
        public boolean holds(Facts facts) {
            var head = facts.head();
            if (head == null) {
                return false;
            }
            var name = match.name();
            var fields = head.headers();
            int at = fields.indexOf(name, 0);
            if (at < 0) {
                return match.matches(head);
            }
            boolean all = match.invert();
            for (; at >= 0; at = fields.indexOf(name, at + 1)) {
                if (match.matchesValue(fields.value(at)) != all) {
                    return !all;
                }
            }
            return all;
        }

        @Override
        public String field() {
            return switch (match.name()) {
                case ":authority", "host" -> "host";
                case ":method" -> "method";
                default -> "request.headers[" + match.name() + "]";
            };
        }
    }

    record Path(TextMatch match) implements Condition {
        @Override
        public boolean holds(Facts facts) {
            var path = facts.path();
            return path != null && match.matches(path);
        }

        @Override
        public String field() {
            return "path";
        }
    }

    record Template(UriTemplate template) implements Condition {
        @Override
        public boolean holds(Facts facts) {
            var path = facts.path();
            return path != null && template.holds(path);
        }

        @Override
        public String field() {
            return "path";
        }
    }

    enum Address {
        DESTINATION("destination.ip"),
        /// The caller's own.
        DIRECT("source.ip"),
        /// As `x-forwarded-for` tells.
        REMOTE("remote.ip");

        private final String field;

        Address(String field) {
            this.field = field;
        }
    }

    record In(Address which, Cidr range) implements Condition {
        @Override
        public boolean holds(Facts facts) {
            var address = address(which, facts);
            return address != null && range.contains(address);
        }

        static @Nullable InetAddress address(Address which, Facts facts) {
            return switch (which) {
                case DESTINATION -> facts.destination();
                case DIRECT -> facts.direct();
                case REMOTE -> facts.remote();
            };
        }

        @Override
        public String field() {
            return which.field;
        }
    }

    /// The destination's port in `[first, end)`.
    record Port(int first, int end) implements Condition {
        @Override
        public boolean holds(Facts facts) {
            int port = facts.port();
            return port >= first && port < end;
        }

        @Override
        public String field() {
            return "destination.port";
        }
    }

    record ServerName(TextMatch match) implements Condition {
        @Override
        public boolean holds(Facts facts) {
            return match.matches(facts.connection().serverName());
        }

        @Override
        public String field() {
            return "connection.sni";
        }
    }

    /// The caller has proven an identity; and which.
    record Authenticated(Optional<TextMatch> match) implements Condition {
        @Override
        public boolean holds(Facts facts) {
            var principal = facts.connection().peerPrincipal();
            return !principal.isEmpty() && (match.isEmpty() || match.get().matches(principal));
        }

        @Override
        public String field() {
            return "source.principal";
        }
    }

    record FilterState(String key, TextMatch match) implements Condition {
        @Override
        public boolean holds(Facts facts) {
            var value = FilterStateView.text(facts.info(), key);
            return value != null && match.matches(value);
        }

        @Override
        public String field() {
            return key.equals(FilterStateView.PEER_PRINCIPAL) ? "source.principal" : key;
        }
    }

    /// @param ofRoute whether it is the route's metadata, not what stages found out
    record Metadata(MetadataMatch match, boolean ofRoute) implements Condition {
        @Override
        public boolean holds(Facts facts) {
            var info = facts.info();
            return match.matches(ofRoute ? info.routeMetadata : info.dynamicMetadata());
        }

        @Override
        public String field() {
            var path = match.path();
            if (ofRoute || !match.filter().equals(JwtStage.NAMESPACE)) {
                return match.filter() + path;
            }
            return path.size() < 2
                    ? "request.auth"
                    : "request.auth.claims" + path.subList(1, path.size());
        }
    }
}
