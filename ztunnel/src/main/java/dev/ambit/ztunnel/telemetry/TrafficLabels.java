package dev.ambit.ztunnel.telemetry;

import java.util.Optional;

/// What the labels of the traffic metrics are made of, but for the flag: a pair of workloads, and
/// how they talk.
record TrafficLabels(
        Direction direction,
        Party source,
        Optional<String> sourcePrincipal,
        Optional<String> service,
        Optional<String> serviceNamespace,
        Party destination,
        Optional<String> destinationPrincipal,
        SecurityPolicy security) {

    static TrafficLabels of(ConnectionDescription d) {
        return new TrafficLabels(
                d.direction(),
                d.sourceParty(),
                d.sourceIdentity().map(Object::toString),
                d.service().map(s -> s.hostname()),
                d.service().map(s -> s.namespace()),
                d.destinationParty(),
                d.destinationIdentity().map(Object::toString),
                d.security());
    }

    /// Where there are too many pairs to tell them apart.
    static TrafficLabels indistinct(ConnectionDescription d) {
        return new TrafficLabels(
                d.direction(),
                Party.UNKNOWN,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Party.UNKNOWN,
                Optional.empty(),
                d.security());
    }

    /// As the text format has them, in the reference's order.
    String with(ResponseFlag flag) {
        var text = new StringBuilder(900);
        var host = service.orElse("");
        int dot = host.indexOf('.');
        add(text, "reporter", direction.reporter());
        before(text, "source", source);
        add(text, "source_principal", sourcePrincipal.orElse(""));
        after(text, "source", source);
        add(text, "destination_service", host);
        add(text, "destination_service_namespace", serviceNamespace.orElse(""));
        add(text, "destination_service_name", dot < 0 ? host : host.substring(0, dot));
        before(text, "destination", destination);
        add(text, "destination_principal", destinationPrincipal.orElse(""));
        after(text, "destination", destination);
        add(text, "request_protocol", "tcp");
        add(text, "response_flags", flag.label());
        add(text, "connection_security_policy", security.label());
        // Where nothing is known of either side, there is no place to speak of.
        if (!source.equals(Party.UNKNOWN) || !destination.equals(Party.UNKNOWN)) {
            add(text, "source_region", source.region());
            add(text, "source_zone", source.zone());
            add(text, "destination_region", destination.region());
            add(text, "destination_zone", destination.zone());
        }
        return text.toString();
    }

    private static void before(StringBuilder text, String side, Party party) {
        add(text, side + "_workload", party.workload());
        add(text, side + "_canonical_service", party.canonicalService());
        add(text, side + "_canonical_revision", party.revision());
        add(text, side + "_workload_namespace", party.namespace());
    }

    private static void after(StringBuilder text, String side, Party party) {
        add(text, side + "_app", party.app());
        add(text, side + "_version", party.revision());
        add(text, side + "_cluster", party.cluster());
    }

    private static void add(StringBuilder text, String name, String value) {
        if (!text.isEmpty()) {
            text.append(',');
        }
        text.append(name).append("=\"");
        var shown = value.isEmpty() ? "unknown" : value;
        for (int i = 0; i < shown.length(); i++) {
            char c = shown.charAt(i);
            switch (c) {
                case '\\' -> text.append("\\\\");
                case '"' -> text.append("\\\"");
                case '\n' -> text.append("\\n");
                default -> text.append(c);
            }
        }
        text.append('"');
    }
}
