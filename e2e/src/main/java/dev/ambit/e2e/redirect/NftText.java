package dev.ambit.e2e.redirect;

import dev.ambit.e2e.redirect.Match.Address;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.stream.Collectors;

/// The rules as nftables text: one transaction, so a pod has the old rules or the new ones and
/// never something in between. Applying it twice gives the same rules once.
public final class NftText {
    private static final int RULES_VERSION = 1;
    private static final int HASH_BYTES = 4;

    private NftText() {}

    /// The transaction that puts the rules in place, whatever was there under these names.
    public static String apply(RedirectRules rules) {
        var text = new StringBuilder();
        // Adding a table that exists is no error; so delete after add works on every pod.
        allTables(rules.names())
                .forEach(table ->
                        text.append(
                                "add table inet %s%ndelete table inet %s%n"
                                        .formatted(table, table)));
        String body = rules.tables().stream().map(NftText::table).collect(Collectors.joining());
        text.append(body);
        // An empty chain is the one place whose text every listing shows: it tells which rules
        // these
        // are, without comparing them one by one.
        text.append("add chain inet %s-nat %s%n".formatted(rules.names().tables(), marker(body)));
        return text.toString();
    }

    /// The name of the chain that shows which rules are in place.
    public static String marker(RedirectRules rules) {
        return marker(rules.tables().stream().map(NftText::table).collect(Collectors.joining()));
    }

    /// New connections are no longer captured; those already translated go on.
    public static String stopCapturing(Names names) {
        return "flush chain inet %s-nat %s-prerouting%nflush chain inet %s-nat %s-output%n"
                .formatted(names.tables(), names.chains(), names.tables(), names.chains());
    }

    /// Removes all of it. Translated connections break.
    public static String remove(Names names) {
        return allTables(names).stream()
                .map(name -> "add table inet %s%ndelete table inet %s%n".formatted(name, name))
                .collect(Collectors.joining());
    }

    private static java.util.List<String> allTables(Names names) {
        return java.util.List.of(
                names.tables() + "-nat", names.tables() + "-mangle", names.tables() + "-raw");
    }

    private static String marker(String body) {
        try {
            byte[] digest =
                    MessageDigest.getInstance("SHA-256")
                            .digest(body.getBytes(StandardCharsets.UTF_8));
            return "v" + RULES_VERSION + "-" + HexFormat.of().formatHex(digest, 0, HASH_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java has SHA-256", e);
        }
    }

    private static String table(Table table) {
        var text = new StringBuilder("table inet %s {%n".formatted(table.name()));
        for (Table.Chain chain : table.chains()) {
            text.append("  chain %s {%n".formatted(chain.name()));
            chain.hook()
                    .ifPresent(hook ->
                            text.append(
                                    "    type %s hook %s priority %d;%n"
                                            .formatted(
                                                    hook.type(), hook.point(), hook.priority())));
            chain.rules().forEach(rule -> text.append("    %s%n".formatted(rule(rule))));
            text.append("  }%n".formatted());
        }
        return text.append("}%n".formatted()).toString();
    }

    private static String rule(Table.Rule rule) {
        String matches =
                rule.matches().stream().map(NftText::match).collect(Collectors.joining(" "));
        String effect = effect(rule.effect());
        return matches.isEmpty() ? effect : matches + " counter " + effect;
    }

    private static String match(Match match) {
        return switch (match) {
            case Match.Tcp() -> "meta l4proto tcp";
            case Match.SourceIs(Address a) -> a.keyword() + " saddr " + a.text();
            case Match.DestinationIs(Address a) -> a.keyword() + " daddr " + a.text();
            case Match.DestinationIsNot(Address a) -> a.keyword() + " daddr != " + a.text();
            case Match.TcpPortIs(int port) -> "tcp dport " + port;
            case Match.TcpPortIsNot(int port) -> "tcp dport != " + port;
            case Match.UdpToPort(int port) -> "udp dport " + port;
            case Match.UdpFromPort(int port) -> "udp sport " + port;
            case Match.MarkIs(int mark) -> "meta mark & " + mask() + " == " + hex(mark);
            case Match.MarkIsNot(int mark) -> "meta mark & " + mask() + " != " + hex(mark);
            case Match.ConnectionMarkIs(int mark) -> "ct mark & " + mask() + " == " + hex(mark);
            case Match.LeavesBy(String name) -> "oifname \"" + name + "\"";
            case Match.LeavesNotBy(String name) -> "oifname != \"" + name + "\"";
            case Match.EntersBy(String name) -> "iifname \"" + name + "\"";
            case Match.OpensConnection() -> "tcp flags & (fin | syn | rst | ack) == syn";
        };
    }

    private static String effect(Effect effect) {
        return switch (effect) {
            case Effect.RedirectTo(int port) -> "redirect to :" + port;
            case Effect.Accept() -> "accept";
            case Effect.Return() -> "return";
            case Effect.Jump(String chain) -> "jump " + chain;
            case Effect.MarkConnection(int mark) ->
                    "ct mark set ct mark & " + hex(~RedirectRules.MARK_MASK) + " | " + hex(mark);
            case Effect.MarkFromConnection() -> "meta mark set ct mark";
            case Effect.ConntrackZone(int zone) -> "ct zone set " + zone;
        };
    }

    private static String mask() {
        return hex(RedirectRules.MARK_MASK);
    }

    private static String hex(int value) {
        return "0x" + Integer.toHexString(value).toLowerCase(Locale.ROOT);
    }
}
