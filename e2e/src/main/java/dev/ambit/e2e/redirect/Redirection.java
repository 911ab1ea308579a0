package dev.ambit.e2e.redirect;

import dev.ambit.e2e.lab.Command;
import dev.ambit.e2e.lab.LabFault;
import dev.ambit.e2e.lab.NetNamespace;
import java.time.Duration;
import java.util.List;

/// Puts a pod's rules in place and takes them away: nftables in one transaction, and the routing
/// that brings the application's answers back to ztunnel. Needs root, `nft` and `ip`.
///
/// @param limit how long one command may take
public record Redirection(Duration limit) {
    private static final int PREFERENCE = 32_764;
    private static final int TABLE = 100;

    /// Applies the rules; doing so again, or over other rules of these names, leaves the same.
    ///
    /// @throws LabFault if the kernel refuses them; the pod then has what it had before
    public void apply(NetNamespace pod, RedirectRules rules) {
        nft(pod, NftText.apply(rules)).run(limit);
        for (String family : families(rules.ipv6())) {
            ensureRule(pod, family);
            ip(
                            pod,
                            family,
                            "route",
                            "replace",
                            "local",
                            "default",
                            "dev",
                            "lo",
                            "table",
                            "" + TABLE)
                    .run(limit);
        }
        // Listeners that a ztunnel hands to its successor keep their queued connections.
        pod.inside("sh", "-c", "f=/proc/sys/net/ipv4/tcp_migrate_req; [ ! -e $f ] || echo 1 > $f")
                .run(limit);
    }

    /// Whether exactly these rules are in place (by the marker in them) and the routing too.
    public boolean isApplied(NetNamespace pod, RedirectRules rules) {
        var listing =
                nft(pod, "list table inet " + rules.names().tables() + "-nat\n").attempt(limit);
        return listing.ok()
                && listing.out().contains("chain " + NftText.marker(rules) + " ")
                && families(rules.ipv6()).stream().allMatch(family -> hasRule(pod, family));
    }

    /// First half of a removal that breaks nothing: new connections go direct, old ones go on.
    public void stopCapturing(NetNamespace pod, Names names) {
        nft(pod, NftText.stopCapturing(names)).run(limit);
    }

    /// Removes rules and routing. What was not there is no error.
    public void remove(NetNamespace pod, Names names) {
        nft(pod, NftText.remove(names)).run(limit);
        for (String family : families(true)) {
            if (hasRule(pod, family)) {
                ip(pod, family, "rule", "del", "pref", "" + PREFERENCE).run(limit);
            }
            // Fails where there is nothing to flush.
            ip(pod, family, "route", "flush", "table", "" + TABLE).attempt(limit);
        }
    }

    private void ensureRule(NetNamespace pod, String family) {
        if (!hasRule(pod, family)) {
            String mark = "0x%x/0x%x".formatted(RedirectRules.LOCAL_MARK, RedirectRules.MARK_MASK);
            String preference = Integer.toString(PREFERENCE);
            String table = Integer.toString(TABLE);
            ip(pod, family, "rule", "add", "fwmark", mark, "pref", preference, "lookup", table)
                    .run(limit);
        }
    }

    private boolean hasRule(NetNamespace pod, String family) {
        var rules = ip(pod, family, "rule", "show", "pref", "" + PREFERENCE).attempt(limit);
        return rules.ok() && rules.out().contains("lookup " + TABLE);
    }

    private static List<String> families(boolean ipv6) {
        return ipv6 ? List.of("-4", "-6") : List.of("-4");
    }

    private static Command nft(NetNamespace pod, String text) {
        return pod.inside("nft", "-f", "-").reading(text);
    }

    private static Command ip(NetNamespace pod, String family, String... words) {
        var all = new java.util.ArrayList<>(List.of("ip", family, "-n", pod.name()));
        all.addAll(List.of(words));
        return new Command(all, "");
    }
}
