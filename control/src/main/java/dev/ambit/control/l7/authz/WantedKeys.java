package dev.ambit.control.l7.authz;

import dev.ambit.control.l7.L7Model;
import dev.ambit.control.l7.L7Settings.RemoteJwks;
import dev.ambit.control.l7.WaypointScope;
import dev.ambit.control.l7.jwt.JwksSource;
import dev.ambit.control.resource.security.RequestAuthentication;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/// Issuers whose keys must be fetched, and by whom.
public final class WantedKeys {
    private WantedKeys() {}

    /// What the control plane fetches.
    public static Set<JwksSource> byControl(L7Model model) {
        var wanted = new HashSet<JwksSource>();
        for (var policy : model.input().all(RequestAuthentication.class)) {
            for (var rule :
                    policy.targets().isEmpty()
                            ? List.<RequestAuthentication.JwtRule>of()
                            : policy.rules()) {
                switch (KeySource.of(rule, model)) {
                    case KeySource.Fetched fetched ->
                            wanted.add(
                                    new JwksSource(rule.issuer(), rule.jwksUri(), rule.timeout()));
                    case KeySource.Inline inline -> {}
                    case KeySource.ByProxy byProxy -> {}
                }
            }
        }
        return wanted;
    }

    /// Hosts that a waypoint fetches keys from, for which it needs clusters.
    public static Set<String> byProxy(WaypointScope scope) {
        var model = scope.model();
        var hosts = new TreeSet<String>();
        if (model.settings().remoteJwks() == RemoteJwks.CONTROL) {
            return hosts;
        }
        add(hosts, model.policies().authentication(scope.node(), Optional.empty()), scope);
        for (var service : scope.services()) {
            add(hosts, model.policies().authentication(scope.node(), Optional.of(service)), scope);
        }
        return hosts;
    }

    private static void add(
            Set<String> hosts, List<RequestAuthentication> policies, WaypointScope scope) {
        for (var policy : policies) {
            for (var rule : policy.rules()) {
                switch (KeySource.of(rule, scope.model())) {
                    case KeySource.ByProxy byProxy ->
                            hosts.add(KeySource.Host.of(rule.jwksUri()).name());
                    case KeySource.Inline inline -> {}
                    case KeySource.Fetched fetched -> {}
                }
            }
        }
    }
}
