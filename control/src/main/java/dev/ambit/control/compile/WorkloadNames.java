package dev.ambit.control.compile;

import dev.ambit.control.resource.Meta;
import dev.ambit.control.resource.Names;
import java.util.Map;
import java.util.regex.Pattern;

/// What telemetry calls a workload: guessed from its owner and its labels, as istiod does.
public final class WorkloadNames {
    private static final Pattern OF_CRON_JOB = Pattern.compile("(.+)-\\d{8,10}");
    private static final String OPENSHIFT_CONFIG = "deploymentconfig";

    private WorkloadNames() {}

    static String ofPod(Meta meta) {
        return meta.labels().getOrDefault(Names.WORKLOAD_NAME, ofOwner(meta));
    }

    static String ofEntry(Meta meta) {
        var label = meta.labels().getOrDefault(Names.WORKLOAD_NAME, meta.name());
        return meta.annotations().getOrDefault(Names.REGISTRATION_GROUP, label);
    }

    static String canonical(Meta meta, String workloadName) {
        return canonical(meta.labels(), workloadName);
    }

    public static String canonical(Map<String, String> labels, String workloadName) {
        return first(labels, workloadName, Names.CANONICAL_NAME, "app.kubernetes.io/name", "app");
    }

    static String revision(Meta meta) {
        return revision(meta.labels());
    }

    /// `latest` when nothing is said.
    public static String revision(Map<String, String> labels) {
        return first(
                labels, "latest", Names.CANONICAL_REVISION, "app.kubernetes.io/version", "version");
    }

    /// The first label that is there counts, even without a value.
    private static String first(Map<String, String> of, String otherwise, String... labels) {
        for (var label : labels) {
            var value = of.get(label);
            if (value != null) {
                return value;
            }
        }
        return otherwise;
    }

    /// The owner's name; of a ReplicaSet its Deployment's (or Rollout's), of a Job its CronJob's.
    private static String ofOwner(Meta meta) {
        var owner = meta.controller();
        if (owner.isEmpty() || !meta.generated()) {
            return meta.name();
        }
        var name = owner.get().name();
        return switch (owner.get().kind()) {
            case "ReplicaSet" -> ofReplicaSet(meta, name);
            case "ReplicationController" -> {
                var config = meta.label(OPENSHIFT_CONFIG);
                yield config.isEmpty() ? name : config;
            }
            case "Job" -> {
                var matcher = OF_CRON_JOB.matcher(name);
                yield matcher.matches() ? matcher.group(1) : name;
            }
            default -> name;
        };
    }

    private static String ofReplicaSet(Meta meta, String name) {
        for (var label : new String[] {Names.POD_TEMPLATE_HASH, Names.ROLLOUT_HASH}) {
            var hash = meta.label(label);
            if (!hash.isEmpty() && name.endsWith(hash)) {
                var suffix = "-" + hash;
                return name.endsWith(suffix)
                        ? name.substring(0, name.length() - suffix.length())
                        : name;
            }
        }
        return name;
    }
}
