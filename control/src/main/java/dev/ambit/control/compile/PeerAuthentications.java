package dev.ambit.control.compile;

import com.google.protobuf.Empty;
import dev.ambit.control.compile.MeshModel.CompiledPolicy;
import dev.ambit.control.resource.PeerAuthentication;
import dev.ambit.control.resource.PeerAuthentication.Mode;
import dev.ambit.mesh.proto.security.Action;
import dev.ambit.mesh.proto.security.Authorization;
import dev.ambit.mesh.proto.security.Group;
import dev.ambit.mesh.proto.security.Match;
import dev.ambit.mesh.proto.security.Rules;
import dev.ambit.mesh.proto.security.Scope;
import dev.ambit.mesh.proto.security.StringMatch;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// PeerAuthentication, which ztunnels do not know: STRICT becomes a DENY of peers without identity,
/// that workloads refer to. DISABLE is PERMISSIVE: HBONE is always accepted.
final class PeerAuthentications {
    private static final String STATIC_STRICT = "istio_converted_static_strict";
    private static final String CONVERTED = "converted_peer_authentication_";
    private static final Match NO_IDENTITY =
            Match.newBuilder()
                    .addNotPrincipals(
                            StringMatch.newBuilder().setPresence(Empty.getDefaultInstance()))
                    .build();

    private final List<PeerAuthentication> oldestFirst;
    private final String rootNamespace;
    private final boolean failClosed;

    PeerAuthentications(
            List<PeerAuthentication> oldestFirst, String rootNamespace, boolean failClosed) {
        this.oldestFirst = oldestFirst;
        this.rootNamespace = rootNamespace;
        this.failClosed = failClosed;
    }

    /// The policies to send. The static one is there as soon as there is any PeerAuthentication.
    List<CompiledPolicy> policies() {
        var policies = new ArrayList<CompiledPolicy>();
        if (!oldestFirst.isEmpty()) {
            policies.add(
                    policy(rootNamespace, STATIC_STRICT, List.of(group(List.of(NO_IDENTITY)))));
        }
        for (var authentication : oldestFirst) {
            convert(authentication).ifPresent(policies::add);
        }
        return policies;
    }

    /// Names of those policies that apply to a workload, sorted.
    List<String> references(String namespace, Map<String, String> labels) {
        boolean strict = inheritedStrict(namespace);
        var own =
                oldestFirst.stream()
                        .filter(p -> !p.meta().namespace().equals(rootNamespace))
                        .filter(p -> p.meta().namespace().equals(namespace))
                        .filter(p -> !isWide(p))
                        .filter(p -> Selectors.matches(p.selector().orElse(Map.of()), labels))
                        .findFirst();
        if (own.isEmpty()) {
            return strict ? List.of(staticName()) : List.of();
        }
        var policy = own.get();
        boolean exempted = has(policy, Mode.PERMISSIVE);
        return switch (policy.mode()) {
            case STRICT ->
                    exempted || has(policy, Mode.DISABLE)
                            ? List.of(name(policy))
                            : List.of(staticName());
            case PERMISSIVE, DISABLE ->
                    has(policy, Mode.STRICT) ? List.of(name(policy)) : List.of();
            case UNSET -> {
                // As istiod: under an inherited STRICT a port that is DISABLEd does not count, so
                // the exception has no effect, although the converted policy is sent.
                if (strict) {
                    yield List.of(exempted ? name(policy) : staticName());
                }
                yield has(policy, Mode.STRICT) ? List.of(name(policy)) : List.of();
            }
        };
    }

    private Optional<CompiledPolicy> convert(PeerAuthentication policy) {
        if (policy.meta().namespace().equals(rootNamespace)
                || policy.selector().isEmpty()
                || policy.ports().isEmpty()) {
            return Optional.empty();
        }
        var parent = parent(policy);
        boolean inherited = parent.strict();
        boolean unset = policy.mode() == Mode.UNSET;
        var groups = new ArrayList<Group>();
        var exemptions = new ArrayList<Match>();
        policy.ports()
                .forEach((port, mode) -> {
                    switch (mode) {
                        case STRICT -> {
                            // Where everything is STRICT the rule for all covers it.
                            if (policy.mode() != Mode.STRICT
                                    && !(unset && inherited)
                                    && !parent.hidesPorts()) {
                                groups.add(
                                        group(
                                                List.of(
                                                        NO_IDENTITY.toBuilder()
                                                                .addDestinationPorts(port)
                                                                .build())));
                            }
                        }
                        case PERMISSIVE, DISABLE -> {
                            if (policy.mode() == Mode.STRICT
                                    || (unset && inherited && !parent.hidesExemptions())) {
                                exemptions.add(
                                        Match.newBuilder().addNotDestinationPorts(port).build());
                            }
                        }
                        case UNSET -> {}
                    }
                });
        if (policy.mode() == Mode.STRICT && exemptions.isEmpty()) {
            return Optional.empty();
        }
        var clauses = new ArrayList<Match>();
        if (policy.mode() == Mode.STRICT) {
            clauses.add(NO_IDENTITY);
        }
        clauses.addAll(exemptions);
        if (inherited && !exemptions.isEmpty()) {
            // As istiod: said once more when the namespace or the mesh is STRICT too.
            clauses.add(NO_IDENTITY);
        }
        if (!clauses.isEmpty()) {
            groups.add(group(clauses));
        }
        if (groups.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(
                policy(policy.meta().namespace(), CONVERTED + policy.meta().name(), groups));
    }

    /// Mesh, then namespace; UNSET inherits.
    private boolean inheritedStrict(String namespace) {
        // As istiod: a mesh-wide policy with an empty selector counts in its own namespace only.
        boolean mesh =
                oldestFirst.stream()
                        .filter(p -> p.meta().namespace().equals(rootNamespace))
                        .filter(p ->
                                namespace.equals(rootNamespace)
                                        ? isWide(p)
                                        : p.selector().isEmpty())
                        .findFirst()
                        .map(p -> p.mode() == Mode.STRICT)
                        .orElse(false);
        if (namespace.equals(rootNamespace)) {
            return mesh;
        }
        return oldestFirst.stream()
                .filter(p -> p.meta().namespace().equals(namespace))
                .filter(PeerAuthentications::isWide)
                .findFirst()
                .filter(p -> p.mode() != Mode.UNSET)
                .map(p -> p.mode() == Mode.STRICT)
                .orElse(mesh);
    }

    /// What a policy with ports inherits.
    ///
    /// @param hidesPorts istiod's conversion passes over STRICT ports
    /// @param hidesExemptions istiod's conversion passes over ports that are not
    private record Parent(boolean strict, boolean hidesPorts, boolean hidesExemptions) {}

    /// istiod's conversion and its references do not agree here: a workload then refers to a policy
    /// that is not sent, and nothing is enforced. Followed only on request.
    private Parent parent(PeerAuthentication policy) {
        var namespace = policy.meta().namespace();
        if (failClosed) {
            return new Parent(inheritedStrict(namespace), false, false);
        }
        var ofNamespace = withoutSelector(namespace);
        boolean meshStrict =
                withoutSelector(rootNamespace).filter(p -> p.mode() == Mode.STRICT).isPresent();
        var mode = ofNamespace.map(PeerAuthentication::mode).orElse(Mode.UNSET);
        return new Parent(
                mode == Mode.STRICT || (mode == Mode.UNSET && meshStrict),
                mode == Mode.UNSET && meshStrict,
                ofNamespace.isPresent() && mode != Mode.STRICT);
    }

    private Optional<PeerAuthentication> withoutSelector(String namespace) {
        return oldestFirst.stream()
                .filter(p -> p.meta().namespace().equals(namespace))
                .filter(p -> p.selector().isEmpty())
                .findFirst();
    }

    /// A selector without labels counts as none.
    private static boolean isWide(PeerAuthentication policy) {
        return policy.selector().orElse(Map.of()).isEmpty();
    }

    private static boolean has(PeerAuthentication policy, Mode mode) {
        return policy.ports().containsValue(mode);
    }

    private String staticName() {
        return rootNamespace + "/" + STATIC_STRICT;
    }

    private static String name(PeerAuthentication policy) {
        return policy.meta().namespace() + "/" + CONVERTED + policy.meta().name();
    }

    private static Group group(List<Match> clauses) {
        var group = Group.newBuilder();
        clauses.forEach(c -> group.addRules(Rules.newBuilder().addMatches(c)));
        return group.build();
    }

    private static CompiledPolicy policy(String namespace, String name, List<Group> groups) {
        return new CompiledPolicy(
                Authorization.newBuilder()
                        .setName(name)
                        .setNamespace(namespace)
                        .setScope(Scope.WORKLOAD_SELECTOR)
                        .setAction(Action.DENY)
                        .addAllGroups(groups)
                        .build(),
                Optional.empty());
    }
}
