package dev.ambit.control.resource.ambit;

import com.google.re2j.Pattern;
import dev.ambit.control.resource.Fields;
import dev.ambit.control.resource.Meta;
import dev.ambit.control.resource.PolicyScopes;
import dev.ambit.control.resource.ambit.TrafficLimits.By;
import dev.ambit.control.resource.ambit.TrafficLimits.Counted;
import dev.ambit.control.resource.ambit.TrafficLimits.Global;
import dev.ambit.control.resource.ambit.TrafficLimits.Local;
import dev.ambit.control.resource.ambit.TrafficLimits.Match;
import dev.ambit.control.resource.ambit.TrafficLimits.Scope;
import dev.ambit.control.resource.traffic.RetryBudget;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/// Reads `ambit.dev`. docs/schema has the same rules as a JSON schema.
public final class AmbitKinds {
    private static final int PORT_MAX = 65_535;
    private static final int REQUESTS_MAX = 1_000_000_000;
    private static final int CLIENTS_MAX = 1_000_000;
    private static final int STATUS_MIN = 400;
    private static final int STATUS_MAX = 599;
    private static final int PERCENT_MAX = 100;

    /// Envoy fills buckets at most that often.
    private static final Duration PER_MIN = Duration.ofMillis(50);

    private static final Duration PER_MAX = Duration.ofHours(24);

    private static final Pattern NAME = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");
    private static final Pattern HEADER = Pattern.compile("[a-z0-9!#$%&'*+.^_`|~-]{1,256}");
    private static final Pattern METHOD = Pattern.compile("[A-Z]{1,32}");
    private static final Pattern HOST =
            Pattern.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)+");
    private static final String HEADER_PREFIX = "header:";

    private static final Set<String> TARGETS = Set.of("Service", "ServiceEntry", "Gateway");

    private AmbitKinds() {}

    public static TrafficLimits trafficLimits(Fields top, Meta meta) {
        var spec =
                top.child("spec")
                        .orElseThrow(() -> top.bad("spec", "missing (expected: a mapping)"));
        var targets = PolicyScopes.targets(spec);
        if (targets.isEmpty()) {
            throw spec.bad("targetRefs", "missing (expected: at least one target)");
        }
        for (var target : targets) {
            if (!TARGETS.contains(target.kind())) {
                throw spec.bad(
                        "targetRefs",
                        "'" + target.kind() + "' (expected: Service, ServiceEntry or Gateway)");
            }
        }
        var names = new HashSet<String>();
        var local = new ArrayList<Local>();
        spec.children("local").forEach(l -> local.add(local(l, names)));
        var limits =
                new TrafficLimits(
                        meta,
                        targets,
                        local,
                        spec.child("global").map(g -> global(g, names)),
                        spec.child("retryBudget").map(AmbitKinds::budget));
        spec.noOthers();
        if (local.isEmpty() && limits.global().isEmpty() && limits.retryBudget().isEmpty()) {
            throw spec.bad("", "without limits (expected: local, global or retryBudget)");
        }
        return limits;
    }

    private static String name(Fields fields, Set<String> names) {
        var name = fields.required("name");
        if (!NAME.matches(name)) {
            throw fields.bad(
                    "name", "'" + name + "' (expected: small letters, digits, dashes; at most 63)");
        }
        if (!names.add(name)) {
            throw fields.bad("name", "'" + name + "' twice (expected: each name once)");
        }
        return name;
    }

    private static Local local(Fields fields, Set<String> names) {
        var name = name(fields, names);
        int requests = fields.integer("requests", 1, REQUESTS_MAX, 0);
        if (requests == 0) {
            throw fields.bad(
                    "requests", "missing (expected: a number from 1 to " + REQUESTS_MAX + ")");
        }
        var per =
                fields.timeout("per")
                        .orElseThrow(() ->
                                fields.bad("per", "missing (expected: a duration such as 1s)"));
        if (per.compareTo(PER_MIN) < 0 || per.compareTo(PER_MAX) > 0) {
            throw fields.bad("per", "'" + fields.text("per") + "' (expected: from 50ms to 24h)");
        }
        var limit =
                new Local(
                        name,
                        scope(fields),
                        requests,
                        per,
                        fields.integer("burst", 1, REQUESTS_MAX, requests),
                        fields.integer("clients", 1, CLIENTS_MAX, TrafficLimits.CLIENTS),
                        fields.integer("status", STATUS_MIN, STATUS_MAX, TrafficLimits.STATUS));
        fields.noOthers();
        if (limit.burst() < requests) {
            throw fields.bad(
                    "burst",
                    limit.burst() + " (expected: requests, which is " + requests + ", or more)");
        }
        return limit;
    }

    private static Global global(Fields fields, Set<String> names) {
        var service = fields.required("service");
        if (!HOST.matches(service)) {
            throw fields.bad(
                    "service",
                    "'"
                            + service
                            + "' (expected: a full host name such as"
                            + " limits.infra.svc.cluster.local)");
        }
        int port = fields.integer("port", 1, PORT_MAX, 0);
        if (port == 0) {
            throw fields.bad("port", "missing (expected: a number from 1 to " + PORT_MAX + ")");
        }
        var limits = new ArrayList<Counted>();
        for (var limit : fields.children("limits")) {
            limits.add(new Counted(name(limit, names), scope(limit)));
            limit.noOthers();
        }
        if (limits.isEmpty()) {
            throw fields.bad("limits", "missing (expected: at least one limit)");
        }
        var global =
                new Global(
                        service,
                        port,
                        fields.required("domain"),
                        fields.timeout("timeout").orElse(TrafficLimits.TIMEOUT),
                        fields.flag("failOpen").orElse(true),
                        fields.integer("status", STATUS_MIN, STATUS_MAX, TrafficLimits.STATUS),
                        limits);
        fields.noOthers();
        return global;
    }

    private static Scope scope(Fields fields) {
        var by = new ArrayList<By>();
        for (var text : fields.texts("by")) {
            var one = by(fields, text);
            if (by.contains(one)) {
                throw fields.bad("by", "'" + text + "' twice (expected: each once)");
            }
            by.add(one);
        }
        return new Scope(fields.child("match").map(AmbitKinds::match).orElse(Match.ALL), by);
    }

    private static By by(Fields fields, String text) {
        return switch (text) {
            case "identity" -> new By.Identity();
            case "method" -> new By.Method();
            case "path" -> new By.Path();
            default -> {
                var name =
                        text.startsWith(HEADER_PREFIX)
                                ? text.substring(HEADER_PREFIX.length())
                                : "";
                if (!HEADER.matches(name)) {
                    throw fields.bad(
                            "by",
                            "'" + text + "' (expected: identity, method, path or header:name)");
                }
                yield new By.Header(name);
            }
        };
    }

    private static Match match(Fields fields) {
        var match =
                new Match(
                        fields.texts("methods"),
                        fields.texts("paths"),
                        fields.map("headers"),
                        fields.texts("identities"));
        fields.noOthers();
        if (match.equals(Match.ALL)) {
            throw fields.bad("", "empty (expected: at least one condition, or no match)");
        }
        for (var method : match.methods()) {
            require(METHOD.matches(method), fields, "methods", method, "a method such as GET");
        }
        for (var path : match.paths()) {
            require(
                    path.startsWith("/") && starAtEnd(path),
                    fields,
                    "paths",
                    path,
                    "a path such as /api, or /api/* for all below");
        }
        for (var header : match.headers().entrySet()) {
            require(
                    HEADER.matches(header.getKey()) && !header.getValue().isEmpty(),
                    fields,
                    "headers",
                    header.getKey() + ": " + header.getValue(),
                    "a name in small letters, and a value or *");
        }
        for (var identity : match.identities()) {
            require(
                    !identity.isEmpty() && !identity.contains("://") && starAtEnd(identity),
                    fields,
                    "identities",
                    identity,
                    "an identity such as cluster.local/ns/shop/sa/web, * at the end for more");
        }
        return match;
    }

    private static boolean starAtEnd(String text) {
        int star = text.indexOf('*');
        return star < 0 || star == text.length() - 1;
    }

    private static void require(
            boolean good, Fields fields, String name, String value, String expected) {
        if (!good) {
            throw fields.bad(name, "'" + value + "' (expected: " + expected + ")");
        }
    }

    private static RetryBudget budget(Fields fields) {
        Optional<Double> percent = fields.decimal("percent", 0, PERCENT_MAX);
        var budget =
                new RetryBudget(
                        percent,
                        fields.integer("minRetryConcurrency", 0, Integer.MAX_VALUE, 0),
                        fields.timeout("budgetInterval"));
        fields.noOthers();
        return budget;
    }
}
