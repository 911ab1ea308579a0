package dev.ambit.hbone.wire;

/// Who is at the other end, for telemetry only: never a basis for a decision. Empty: not said.
///
/// On the wire: comma-separated `key=value` in the order of the components, empty ones left out,
/// nothing escaped. That is what ambient proxies exchange; it is a subset of W3C Baggage.
///
/// @param cluster `k8s.cluster.name`
/// @param namespace `k8s.namespace.name`
/// @param workloadType `deployment`, `cronjob`, `pod` or `job`; part of the workload's key
/// @param workload `k8s.<type>.name`
/// @param service `service.name`
/// @param revision `service.version`
/// @param region `cloud.region`
/// @param zone `cloud.availability_zone`
public record Baggage(
        String cluster,
        String namespace,
        String workloadType,
        String workload,
        String service,
        String revision,
        String region,
        String zone) {
    public static final Baggage EMPTY = new Baggage("", "", "", "", "", "", "", "");

    public String encode() {
        var out = new StringBuilder(192);
        put(out, "k8s.cluster.name", cluster);
        put(out, "k8s.namespace.name", namespace);
        if (!workloadType.isEmpty()) {
            put(out, "k8s." + workloadType + ".name", workload);
        }
        put(out, "service.name", service);
        put(out, "service.version", revision);
        put(out, "cloud.region", region);
        put(out, "cloud.availability_zone", zone);
        return out.toString();
    }

    private static void put(StringBuilder out, String key, String value) {
        if (!value.isEmpty()) {
            if (!out.isEmpty()) {
                out.append(',');
            }
            out.append(key).append('=').append(value);
        }
    }

    /// Lenient: unknown keys and members without a value are skipped; properties after `;` and a
    /// second `=` are cut off. A value that is not visible ASCII makes the whole empty.
    public static Baggage parse(String header) {
        for (int i = 0; i < header.length(); i++) {
            char c = header.charAt(i);
            if ((c < 0x20 && c != '\t') || c > 0x7e) {
                return EMPTY;
            }
        }
        var parsed = new Parser();
        int at = 0;
        while (at < header.length()) {
            int comma = header.indexOf(',', at);
            int end = comma < 0 ? header.length() : comma;
            parsed.member(header.substring(at, end));
            at = end + 1;
        }
        return parsed.result();
    }

    private static final class Parser {
        private String cluster = "";
        private String namespace = "";
        private String workloadType = "";
        private String workload = "";
        private String service = "";
        private String revision = "";
        private String region = "";
        private String zone = "";

        void member(String text) {
            int equals = text.indexOf('=');
            if (equals < 0) {
                return;
            }
            var key = text.substring(0, equals).strip();
            var value = text.substring(equals + 1);
            int cut = value.indexOf('=');
            if (cut >= 0) {
                value = value.substring(0, cut);
            }
            int properties = value.indexOf(';');
            if (properties >= 0) {
                value = value.substring(0, properties);
            }
            value = value.strip();
            switch (key) {
                case "k8s.cluster.name" -> cluster = value;
                case "k8s.namespace.name" -> namespace = value;
                case "k8s.deployment.name" -> workload("deployment", value);
                case "k8s.cronjob.name" -> workload("cronjob", value);
                case "k8s.pod.name" -> workload("pod", value);
                case "k8s.job.name" -> workload("job", value);
                case "service.name" -> service = value;
                case "service.version" -> revision = value;
                case "cloud.region" -> region = value;
                case "cloud.availability_zone" -> zone = value;
                default -> {
                    // Somebody else's member.
                }
            }
        }

        private void workload(String type, String name) {
            if (!name.isEmpty()) {
                workloadType = type;
                workload = name;
            }
        }

        Baggage result() {
            return new Baggage(
                    cluster, namespace, workloadType, workload, service, revision, region, zone);
        }
    }
}
