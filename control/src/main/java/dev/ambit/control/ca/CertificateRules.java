package dev.ambit.control.ca;

import dev.ambit.control.compile.MeshModel;
import dev.ambit.control.token.Account;
import dev.ambit.control.token.Caller;
import dev.ambit.identity.SpiffeId;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/// Who may have which identity: everyone its own, and a node's proxy those of the pods on its node.
final class CertificateRules {
    private final Supplier<MeshModel> mesh;
    private final Set<Account> trustedNodeAccounts;

    CertificateRules(Supplier<MeshModel> mesh, Set<Account> trustedNodeAccounts) {
        this.mesh = mesh;
        this.trustedNodeAccounts = trustedNodeAccounts;
    }

    sealed interface Decision {
        record Granted(SpiffeId id) implements Decision {}

        record Denied(String reason) implements Decision {}

        /// What was asked is not an identity.
        record Malformed(String reason) implements Decision {}
    }

    /// @param impersonated the identity asked for, in place of the caller's own
    Decision decide(Caller caller, Optional<String> impersonated) {
        var model = mesh.get();
        var own =
                new SpiffeId(
                        model.trustDomain(), caller.account().namespace(), caller.account().name());
        if (impersonated.isEmpty()) {
            return new Decision.Granted(own);
        }
        var parsed = SpiffeId.tryParse(impersonated.get());
        if (parsed.isEmpty()) {
            return new Decision.Malformed(
                    "ImpersonatedIdentity '"
                            + impersonated.get()
                            + "' (expected: spiffe://<trust domain>/ns/<namespace>/sa/<account>)");
        }
        var wanted = parsed.get();
        if (wanted.equals(own)) {
            return new Decision.Granted(own);
        }
        if (!wanted.trustDomain().equals(model.trustDomain())) {
            return denied(wanted, "its trust domain is not " + model.trustDomain());
        }
        if (!trustedNodeAccounts.contains(caller.account())) {
            return denied(
                    wanted,
                    "caller "
                            + caller.account()
                            + " is not one of the trusted node accounts "
                            + trustedNodeAccounts);
        }
        var node =
                caller.node()
                        .or(() ->
                                caller.pod()
                                        .flatMap(p ->
                                                model.nodeOf(caller.account().namespace(), p)));
        if (node.isEmpty()) {
            return denied(wanted, "the caller's token does not tell its node");
        }
        if (!model.runsOn(node.get(), wanted.namespace(), wanted.serviceAccount())) {
            return denied(wanted, "no pod with it runs on the caller's node " + node.get());
        }
        return new Decision.Granted(wanted);
    }

    private static Decision denied(SpiffeId wanted, String reason) {
        return new Decision.Denied("identity " + wanted + ": " + reason);
    }
}
