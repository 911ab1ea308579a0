package dev.ambit.ztunnel;

import dev.ambit.mesh.policy.UnknownPolicy;
import dev.ambit.process.ConfigFault;
import dev.ambit.process.TrustFiles;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/// What the environment says about policy, certificates and TLS.
///
/// @param unknown `AMBIT_UNKNOWN_POLICY`, `deny` or `ignore`: what becomes of policies and
///   revocation lists that can't be understood, and of policies that are named and not there
/// @param policyAtInfo `AUTHZ_POLICY_INFO_LOGGING`: policy decisions are logged at info, not debug
/// @param revocationLists `CRL_PATH`, a file that need not be there yet
/// @param tls12 `TLS12_ENABLED`: TLS 1.2 is spoken beside 1.3
/// @param postQuantumOnly `COMPLIANCE_POLICY=pqc`: X25519MLKEM768 is the only key exchange
public record SecuritySettings(
        UnknownPolicy unknown,
        boolean policyAtInfo,
        Optional<Path> revocationLists,
        boolean tls12,
        boolean postQuantumOnly) {

    public TrustFiles.Settings trust() {
        return new TrustFiles.Settings(
                unknown == UnknownPolicy.DENY, revocationLists, tls12, postQuantumOnly);
    }

    /// @throws ConfigFault naming the variable, its value and what was expected
    public static SecuritySettings from(Map<String, String> env) {
        return new SecuritySettings(
                switch (env.getOrDefault("AMBIT_UNKNOWN_POLICY", "deny")) {
                    case "deny" -> UnknownPolicy.DENY;
                    case "ignore" -> UnknownPolicy.IGNORE;
                    case String other ->
                            throw new ConfigFault("AMBIT_UNKNOWN_POLICY", other, "deny or ignore");
                },
                // As the reference reads these two: whatever is not true is false.
                env.getOrDefault("AUTHZ_POLICY_INFO_LOGGING", "").equals("true"),
                Optional.ofNullable(env.get("CRL_PATH"))
                        .filter(path -> !path.isEmpty())
                        .map(Path::of),
                env.getOrDefault("TLS12_ENABLED", "").equals("true"),
                switch (env.getOrDefault("COMPLIANCE_POLICY", "")) {
                    case "" -> false;
                    case "pqc" -> true;
                    case String other ->
                            throw new ConfigFault(
                                    "COMPLIANCE_POLICY",
                                    other,
                                    "pqc or nothing; this build has no FIPS module");
                });
    }
}
