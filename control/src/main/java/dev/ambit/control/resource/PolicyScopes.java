package dev.ambit.control.resource;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The fields by which Istio's policies say what they are about: `selector`, `targetRef` and
/// `targetRefs`.
public final class PolicyScopes {
    private static final Set<String> TARGETS =
            Set.of(
                    "core/Service",
                    "networking.istio.io/ServiceEntry",
                    "gateway.networking.k8s.io/Gateway",
                    "gateway.networking.k8s.io/GatewayClass");

    private PolicyScopes() {}

    public static Optional<Map<String, String>> selector(Fields spec) {
        return selector(spec, "selector");
    }

    public static Optional<Map<String, String>> selector(Fields spec, String name) {
        return spec.child(name)
                .map(s -> {
                    var labels = s.map("matchLabels");
                    labels.forEach((key, value) -> {
                        if (key.isEmpty() || key.contains("*") || value.contains("*")) {
                            throw s.bad(
                                    "matchLabels",
                                    "'" + key + "=" + value + "' (expected: no wildcards)");
                        }
                    });
                    s.noOthers();
                    return labels;
                });
    }

    public static List<TargetRef> targets(Fields spec) {
        if (spec.has("targetRef") && !spec.items("targetRefs").isEmpty()) {
            throw spec.bad("targetRef", "set with targetRefs (expected: one of the two)");
        }
        var list = new ArrayList<TargetRef>();
        spec.child("targetRef").ifPresent(t -> list.add(target(t)));
        spec.children("targetRefs").forEach(t -> list.add(target(t)));
        return list;
    }

    private static TargetRef target(Fields fields) {
        var target =
                new TargetRef(
                        fields.text("group"),
                        fields.required("kind"),
                        fields.required("name"),
                        fields.text("namespace"));
        fields.noOthers();
        if (!target.namespace().isEmpty()) {
            throw fields.bad(
                    "namespace",
                    "'"
                            + target.namespace()
                            + "' (expected: none; only targets of its own"
                            + " namespace)");
        }
        if (!TARGETS.contains(target.canonicalGroup() + "/" + target.kind())) {
            throw fields.bad(
                    "kind",
                    "'"
                            + target.kind()
                            + "' of group '"
                            + target.group()
                            + "' (expected: Service of group '', ServiceEntry of"
                            + " networking.istio.io, Gateway or GatewayClass of"
                            + " gateway.networking.k8s.io)");
        }
        return target;
    }
}
