package dev.ambit.control.resource;

import dev.ambit.control.resource.AuthorizationPolicy.Action;
import dev.ambit.control.resource.AuthorizationPolicy.Rule;
import dev.ambit.control.resource.PeerAuthentication.Mode;
import dev.ambit.control.resource.security.AuthenticationKinds;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.snakeyaml.engine.v2.nodes.Node;

/// What takes the place of a security policy that can't be used: it refuses what the policy would
/// have decided about. What it selects is read as far as it can be; where that is not known either,
/// it is the whole namespace (in the root namespace: the mesh).
final class StandIns {
    private StandIns() {}

    /// Empty for what is no security policy, and for one that would refuse nobody.
    static Optional<Resource> of(Node node, Header header, String file) {
        if (!header.group().equals("security.istio.io")) {
            return Optional.empty();
        }
        // Any spelling of a value will do here.
        var where = new Fields.Where(file, header.key().toString(), false);
        var meta =
                attempt(() -> Kinds.meta(Fields.of(node, where, ""), header), bare(header, file));
        var spec =
                attempt(() -> Fields.of(node, where, "").child("spec"), Optional.<Fields>empty());
        return switch (header.key().kind()) {
            case "AuthorizationPolicy" -> refusing(meta, spec);
            case "PeerAuthentication" ->
                    Optional.of(
                            new PeerAuthentication(
                                    meta, selector(spec), Mode.STRICT, new TreeMap<>(), true));
            case "RequestAuthentication" ->
                    // One that selects workloads has no effect anyway.
                    selector(spec).isPresent()
                            ? Optional.empty()
                            : Optional.of(AuthenticationKinds.refusing(meta, spec));
            default -> Optional.empty();
        };
    }

    private static Optional<Resource> refusing(Meta meta, Optional<Fields> spec) {
        if (Texts.isTrue(meta.annotation(Names.DRY_RUN))) {
            return Optional.empty();
        }
        var action =
                spec.map(s ->
                                attempt(
                                        () -> s.choice("action", Action.class, Action.ALLOW),
                                        Action.DENY))
                        .orElse(Action.DENY);
        var targets = targets(spec);
        boolean effect =
                switch (action) {
                    // It only tells.
                    case AUDIT -> false;
                    // It asks somebody whom ztunnels don't know: only waypoints heed it.
                    case CUSTOM -> !targets.isEmpty();
                    case ALLOW, DENY -> true;
                };
        return effect
                ? Optional.of(
                        new AuthorizationPolicy(
                                meta,
                                selector(spec),
                                targets,
                                Action.DENY,
                                List.of(new Rule(List.of(), List.of(), List.of())),
                                "",
                                true))
                : Optional.empty();
    }

    private static Optional<Map<String, String>> selector(Optional<Fields> spec) {
        return spec.flatMap(s ->
                attempt(() -> PolicyScopes.selector(s), Optional.<Map<String, String>>empty()));
    }

    private static List<TargetRef> targets(Optional<Fields> spec) {
        return spec.map(s -> attempt(() -> PolicyScopes.targets(s), List.<TargetRef>of()))
                .orElse(List.of());
    }

    private static Meta bare(Header header, String file) {
        return new Meta(
                header.key().namespace(),
                header.key().name(),
                "",
                Map.of(),
                Map.of(),
                Optional.empty(),
                false,
                Optional.empty(),
                false,
                new Origin(file, 0));
    }

    private static <T> T attempt(Supplier<T> reading, T otherwise) {
        try {
            return reading.get();
        } catch (BadInput unreadable) {
            return otherwise;
        }
    }
}
