package dev.ambit.control.l7.authz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.control.resource.AuthorizationPolicy;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Where a policy is enforced, by what it is attached to.
class AttachmentTest {
    @TempDir private Path directory = Path.of(".");

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "shop | {kind: Service, name: web} | web",
                "shop | {group: '', kind: Service, name: cart} | cart",
                "shop | {kind: Service, name: nosuch} |",
                "other | {kind: Service, name: web} |",
                "shop | {kind: Service, name: partner.example} |",
                "shop | {group: networking.istio.io, kind: ServiceEntry, name: partner} | partner",
                "shop | {group: networking.istio.io, kind: ServiceEntry, name: web} |",
                "shop | {group: gateway.networking.k8s.io, kind: Gateway, name: wp} "
                        + "| web cart partner workloads",
                "other | {group: gateway.networking.k8s.io, kind: Gateway, name: wp} |",
                "shop | {group: gateway.networking.k8s.io, kind: Gateway, name: ingress} |",
                "istio-system | {group: gateway.networking.k8s.io, kind: GatewayClass, name:"
                        + " istio-waypoint} | web cart partner workloads",
                "shop | {group: gateway.networking.k8s.io, kind: GatewayClass, name:"
                        + " istio-waypoint} |",
                "istio-system | {group: gateway.networking.k8s.io, kind: GatewayClass, name:"
                        + " other-class} |"
            })
    void at_target_enforcedInTheseChains(String namespace, String target, String chains)
            throws IOException {
        var enforced = chains("targetRefs: [" + target + "]", namespace);

        assertThat(String.join(" ", enforced)).isEqualTo(chains == null ? "" : chains);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"selector: {matchLabels: {app: web}}", "action: DENY"})
    void at_noTarget_enforcedByZtunnels(String fields) throws IOException {
        assertThat(chains(fields, "shop")).isEmpty();
        assertThat(chains(fields, "istio-system")).isEmpty();
    }

    @Test
    void at_severalTargets_oncePerChain() throws IOException {
        var gateway = "{group: gateway.networking.k8s.io, kind: Gateway, name: wp}";

        assertThat(chains("targetRefs: [{kind: Service, name: web}, " + gateway + "]", "shop"))
                .containsExactly("web", "cart", "partner", "workloads");
    }

    /// Where tunnels end: as any other workload.
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "istio-system | action: DENY | true",
                "shop | action: DENY | true",
                "other | action: DENY | false",
                "shop | selector: {matchLabels: {gateway.networking.k8s.io/gateway-name: wp}} |"
                        + " true",
                "shop | selector: {matchLabels: {app: web}} | false",
                "shop | targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: wp}] |"
                        + " true",
                "shop | targetRefs: [{kind: Service, name: web}] | false",
                "istio-system | targetRefs: [{group: gateway.networking.k8s.io, kind:"
                        + " GatewayClass, name: istio-waypoint}] | false"
            })
    void layered_policy_enforcedWhereTunnelsEnd(String namespace, String fields, boolean enforced)
            throws IOException {
        var on = Map.of("ENABLE_LAYERED_WAYPOINT_AUTHORIZATION_POLICIES", "true");
        var policy = policy(namespace, fields);

        var scope = PolicyMesh.scope(PolicyMesh.model(directory, policy, on));

        assertThat(TerminateAuthorization.of(scope)).hasSize(enforced ? 1 : 0);
        var off = PolicyMesh.scope(PolicyMesh.model(directory, policy));
        assertThat(TerminateAuthorization.of(off)).isEmpty();
    }

    /// Names of services in whose chains a policy is enforced, and `workloads`.
    private List<String> chains(String fields, String namespace) throws IOException {
        var model = PolicyMesh.model(directory, policy(namespace, fields));
        assertThat(model.input().all(AuthorizationPolicy.class)).hasSize(1);
        var scope = PolicyMesh.scope(model);
        var found = new ArrayList<String>();
        for (var name : List.of("web", "cart", "partner")) {
            var host =
                    name.equals("partner") ? "partner.example" : name + ".shop.svc.cluster.local";
            var service = PolicyMesh.service(scope, host);
            assertThat(service).isPresent();
            if (!HttpAuthorization.of(scope, service).rules().isEmpty()) {
                found.add(name);
            }
        }
        if (!HttpAuthorization.of(scope, Optional.empty()).rules().isEmpty()) {
            found.add("workloads");
        }
        return found;
    }

    private static String policy(String namespace, String fields) {
        var action = fields.contains("action") ? "" : ", action: DENY";
        return PolicyMesh.policy(
                "AuthorizationPolicy",
                namespace,
                "p",
                "{" + fields + action + ", rules: [{from: [{source: {namespaces: [x]}}]}]}");
    }
}
