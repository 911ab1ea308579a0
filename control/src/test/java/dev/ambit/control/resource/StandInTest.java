package dev.ambit.control.resource;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.control.Yaml;
import dev.ambit.control.resource.AuthorizationPolicy.Action;
import dev.ambit.control.resource.PeerAuthentication.Mode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// A security policy that can't be used closes what it selects; it never opens it.
class StandInTest {
    private static final YamlLimits LIMITS = new YamlLimits(100_000, 20, 5, 12);
    private static final String FILE = "mesh.yaml";

    private static final Optional<Map<String, String>> WEB = Optional.of(Map.of("app", "web"));
    private static final Optional<Map<String, String>> ALL = Optional.empty();

    /// The spec of a policy that can't be used, and what its stand-in selects.
    static List<Arguments> refusing() {
        var web = "selector: {matchLabels: {app: web}}, ";
        return List.of(
                Arguments.of("unknown field", "{" + web + "rulez: []}", WEB),
                Arguments.of("unknown action", "{" + web + "action: ALOW}", WEB),
                Arguments.of("bad rule", "{" + web + "rules: [{from: [{source: {}}]}]}", WEB),
                Arguments.of("deny nothing", "{" + web + "action: DENY}", WEB),
                Arguments.of("selector unreadable", "{selector: {matchLabel: {app: web}}}", ALL),
                Arguments.of("selector misspelt", "{selectr: {matchLabels: {app: web}}}", ALL),
                Arguments.of("no mapping", "[1, 2]", ALL),
                Arguments.of("key twice", "{" + web + "action: DENY, action: ALLOW}", ALL));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refusing")
    void read_unusablePolicy_everythingItSelectsRefused(
            String name, String spec, Optional<Map<String, String>> selector) {
        var state = DirectoryState.empty().with(FILE, read(policy(spec))).assemble();

        var policy = state.all(AuthorizationPolicy.class).getFirst();
        assertThat(policy.standIn()).isTrue();
        assertThat(policy.action()).isEqualTo(Action.DENY);
        assertThat(policy.rules())
                .containsExactly(new AuthorizationPolicy.Rule(List.of(), List.of(), List.of()));
        assertThat(policy.selector()).isEqualTo(selector);
        assertThat(policy.meta().path()).isEqualTo("shop/p");
        assertThat(state.problems()).hasSize(1);
        assertThat(state.problems().getFirst().message()).contains("everything is refused");
    }

    /// Policies that would refuse nobody even if they could be used.
    static List<Arguments> harmless() {
        return List.of(
                Arguments.of("audit", policy("{action: AUDIT, rulez: []}")),
                Arguments.of("custom", policy("{action: CUSTOM, provider: {nam: a}}")),
                Arguments.of(
                        "rehearsal",
                        policy("{rulez: []}")
                                .replace(
                                        "shop}",
                                        "shop, annotations: {istio.io/dry-run: 'true'}}")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("harmless")
    void read_unusablePolicyThatRefusesNobody_leftOut(String name, String text) {
        var state = DirectoryState.empty().with(FILE, read(text)).assemble();

        assertThat(state.resources()).isEmpty();
        assertThat(state.problems().getFirst().message()).endsWith("left out");
    }

    @Test
    void read_unusablePolicyForWaypoints_standsInForItsTargets() {
        var spec = "{targetRefs: [{kind: Service, name: web}], rulez: []}";

        var state = DirectoryState.empty().with(FILE, read(policy(spec))).assemble();

        assertThat(state.all(AuthorizationPolicy.class).getFirst().targets())
                .extracting(TargetRef::name)
                .containsExactly("web");
    }

    @Test
    void read_unusablePeerAuthentication_strictMeanwhile() {
        var text =
                policy("{selector: {matchLabels: {app: web}}, mtls: {mode: STRICKT}}")
                        .replace("AuthorizationPolicy", "PeerAuthentication");

        var state = DirectoryState.empty().with(FILE, read(text)).assemble();

        var policy = state.all(PeerAuthentication.class).getFirst();
        assertThat(policy.mode()).isEqualTo(Mode.STRICT);
        assertThat(policy.selector()).isEqualTo(WEB);
        assertThat(state.problems().getFirst().message()).contains("mutual TLS only");
    }

    @Test
    void read_unusableAgain_newestStandInCounts() {
        var state =
                DirectoryState.empty()
                        .with(FILE, read(policy("{rulez: []}")))
                        .with(
                                FILE,
                                read(policy("{selector: {matchLabels: {app: web}}, rulez: []}")))
                        .assemble();

        assertThat(state.all(AuthorizationPolicy.class).getFirst().selector()).isEqualTo(WEB);
    }

    @Test
    void read_usableAgain_standInGoes() {
        var state =
                DirectoryState.empty()
                        .with(FILE, read(policy("{rulez: []}")))
                        .with(FILE, read(Yaml.deny("p", "web")))
                        .assemble();

        assertThat(state.all(AuthorizationPolicy.class).getFirst().standIn()).isFalse();
        assertThat(state.problems()).isEmpty();
    }

    @Test
    void read_previousVersion_staysInsteadOfAStandIn() {
        var state =
                DirectoryState.empty()
                        .with(FILE, read(Yaml.deny("p", "web")))
                        .with(FILE, read(policy("{rulez: []}")))
                        .assemble();

        assertThat(state.all(AuthorizationPolicy.class).getFirst().standIn()).isFalse();
    }

    @Test
    void read_asIstiod_leftOut() {
        var state =
                DirectoryState.empty(Unusable.LEAVE_OUT)
                        .with(FILE, read(policy("{rulez: []}")))
                        .assemble();

        assertThat(state.resources()).isEmpty();
    }

    private static String policy(String spec) {
        return """
        apiVersion: security.istio.io/v1
        kind: AuthorizationPolicy
        metadata: {name: p, namespace: shop}
        spec: %s
        """
                .formatted(spec);
    }

    private static FileReader.Outcome read(String text) {
        return FileReader.read(FILE, text, LIMITS);
    }
}
