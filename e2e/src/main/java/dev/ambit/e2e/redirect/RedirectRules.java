package dev.ambit.e2e.redirect;

import dev.ambit.e2e.redirect.Effect.Accept;
import dev.ambit.e2e.redirect.Effect.ConntrackZone;
import dev.ambit.e2e.redirect.Effect.Jump;
import dev.ambit.e2e.redirect.Effect.MarkConnection;
import dev.ambit.e2e.redirect.Effect.MarkFromConnection;
import dev.ambit.e2e.redirect.Effect.RedirectTo;
import dev.ambit.e2e.redirect.Effect.Return;
import dev.ambit.e2e.redirect.Match.Address;
import dev.ambit.e2e.redirect.Match.ConnectionMarkIs;
import dev.ambit.e2e.redirect.Match.DestinationIs;
import dev.ambit.e2e.redirect.Match.DestinationIsNot;
import dev.ambit.e2e.redirect.Match.EntersBy;
import dev.ambit.e2e.redirect.Match.LeavesBy;
import dev.ambit.e2e.redirect.Match.LeavesNotBy;
import dev.ambit.e2e.redirect.Match.MarkIs;
import dev.ambit.e2e.redirect.Match.MarkIsNot;
import dev.ambit.e2e.redirect.Match.OpensConnection;
import dev.ambit.e2e.redirect.Match.SourceIs;
import dev.ambit.e2e.redirect.Match.Tcp;
import dev.ambit.e2e.redirect.Match.TcpPortIs;
import dev.ambit.e2e.redirect.Match.TcpPortIsNot;
import dev.ambit.e2e.redirect.Match.UdpFromPort;
import dev.ambit.e2e.redirect.Match.UdpToPort;
import dev.ambit.e2e.redirect.Table.Chain;
import dev.ambit.e2e.redirect.Table.Hook;
import dev.ambit.e2e.redirect.Table.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// How one pod's traffic is turned to the listeners that ztunnel has inside the pod. The behaviour
/// is that of Istio's ambient rules, packet for packet; the names are our own.
///
/// | traffic | goes to |
/// |---|---|
/// | TCP that the application opens, except to loopback or the pod itself | 15001 |
/// | TCP that arrives, except for port 15008 and the node's probes | 15006 |
/// | TCP that arrives for port 15008 | its listener, untouched |
/// | DNS, if `dns` | 15053 |
/// | what ztunnel sends (it marks its sockets) | where it says |
///
/// ztunnel calls the application with the caller's address as source. The application's answers to
/// that address must come back to ztunnel instead of leaving the pod: the connection is marked when
/// ztunnel opens it, answers take the mark over, and a routing rule delivers marked packets locally
/// (see [Redirection]).
///
/// Not captured: UDP other than DNS, ICMP, SCTP, raw sockets. A process with CAP_NET_ADMIN in the
/// pod can undo all of this: it is no security boundary against the pod itself; the server's side
/// is.
///
/// @param ipv6 whether the pod has IPv6
/// @param dns whether DNS goes to ztunnel
/// @param inbound whether traffic to the application is captured; not so for a gateway
/// @param outboundInterfaces interfaces (of nested guests) whose traffic counts as outbound
/// @param sparesOpenConnections whether connections from before enrolment live on, in clear and
///   unauthorized; otherwise they are reset
public record RedirectRules(
        Names names,
        boolean ipv6,
        boolean dns,
        boolean inbound,
        List<String> outboundInterfaces,
        boolean sparesOpenConnections) {
    /// Of the packets and connections ztunnel makes; only the low 12 bits count.
    public static final int PROXY_MARK = 0x539;

    /// Of connections that ztunnel opened to the application.
    public static final int LOCAL_MARK = 0x111;

    public static final int MARK_MASK = 0xfff;
    public static final int OUTBOUND = 15001;
    public static final int PLAINTEXT_INBOUND = 15006;
    public static final int HBONE = 15008;
    public static final int DNS = 15053;

    static final Address PROBES = Address.v4("169.254.7.127");
    static final Address PROBES6 = Address.v6("fd16:9254:7127:1337:ffff:ffff:ffff:ffff");
    static final Address LOOPBACK = Address.v4("127.0.0.1/32");
    static final Address LOOPBACK6 = Address.v6("::1/128");

    private static final int NAT_PRIORITY = -100;
    private static final int MANGLE_PRIORITY = -150;
    private static final int RAW_PRIORITY = -300;
    private static final int DNS_ZONE = 1;

    public RedirectRules {
        outboundInterfaces = List.copyOf(outboundInterfaces);
        for (String name : outboundInterfaces) {
            if (!name.matches("[A-Za-z0-9_.-]{1,15}")) {
                throw new IllegalArgumentException(
                        "interface name: '" + name + "' (expected: 1 to 15 of A-Z a-z 0-9 _ . -)");
            }
        }
    }

    /// An ordinary pod.
    public static RedirectRules standard(boolean ipv6) {
        return new RedirectRules(Names.AMBIT, ipv6, false, true, List.of(), false);
    }

    /// The same, and DNS goes to ztunnel.
    public RedirectRules withDns() {
        return new RedirectRules(
                names, ipv6, true, inbound, outboundInterfaces, sparesOpenConnections);
    }

    List<Table> tables() {
        var tables = new ArrayList<>(List.of(nat(), mangle()));
        if (dns) {
            tables.add(raw());
        }
        return tables;
    }

    private Table nat() {
        return hooked(
                "nat",
                new Hook("nat", "prerouting", NAT_PRIORITY),
                natPrerouting(),
                new Hook("nat", "output", NAT_PRIORITY),
                natOutput());
    }

    private List<Rule> natPrerouting() {
        var rules = new ArrayList<Rule>();
        for (String name : outboundInterfaces) {
            rules.add(Rule.when(new RedirectTo(OUTBOUND), new EntersBy(name), new Tcp()));
            rules.add(Rule.when(new Return(), new EntersBy(name), new Tcp()));
        }
        if (!inbound) {
            return rules;
        }
        // The kubelet's probes, whose source the node rewrites to this address.
        each(PROBES, PROBES6)
                .forEach(probes ->
                        rules.add(Rule.when(new Accept(), new Tcp(), new SourceIs(probes))));
        each(LOOPBACK, LOOPBACK6)
                .forEach(loopback ->
                        rules.add(
                                capture(
                                        PLAINTEXT_INBOUND,
                                        new DestinationIsNot(loopback),
                                        new TcpPortIsNot(HBONE),
                                        new MarkIsNot(PROXY_MARK))));
        return rules;
    }

    private List<Rule> natOutput() {
        var rules = new ArrayList<Rule>();
        each(PROBES, PROBES6)
                .forEach(probes ->
                        rules.add(Rule.when(new Accept(), new Tcp(), new DestinationIs(probes))));
        if (dns) {
            rules.add(
                    Rule.when(
                            new RedirectTo(DNS),
                            new LeavesNotBy("lo"),
                            new MarkIsNot(PROXY_MARK),
                            new UdpToPort(53)));
            each(LOOPBACK, LOOPBACK6)
                    .forEach(loopback ->
                            rules.add(
                                    Rule.when(
                                            new RedirectTo(DNS),
                                            new DestinationIsNot(loopback),
                                            new TcpPortIs(53),
                                            new MarkIsNot(PROXY_MARK))));
        }
        // The application's answers to a connection of ztunnel's.
        rules.add(Rule.when(new Accept(), new Tcp(), new MarkIs(LOCAL_MARK)));
        // The pod calling its own address.
        each(LOOPBACK, LOOPBACK6)
                .forEach(loopback ->
                        rules.add(
                                Rule.when(
                                        new Accept(),
                                        new LeavesBy("lo"),
                                        new DestinationIsNot(loopback))));
        each(LOOPBACK, LOOPBACK6)
                .forEach(loopback ->
                        rules.add(
                                capture(
                                        OUTBOUND,
                                        new Tcp(),
                                        new DestinationIsNot(loopback),
                                        new MarkIsNot(PROXY_MARK))));
        return rules;
    }

    private Table mangle() {
        return hooked(
                "mangle",
                new Hook("filter", "prerouting", MANGLE_PRIORITY),
                List.of(Rule.when(new MarkConnection(LOCAL_MARK), new MarkIs(PROXY_MARK))),
                // Type route: the mark that is restored here must still choose the route.
                new Hook("route", "output", MANGLE_PRIORITY),
                List.of(Rule.when(new MarkFromConnection(), new ConnectionMarkIs(LOCAL_MARK))));
    }

    /// A name server's answer to ztunnel and its answer to the application must not be mixed up.
    private Table raw() {
        return hooked(
                "raw",
                new Hook("filter", "prerouting", RAW_PRIORITY),
                List.of(
                        Rule.when(
                                new ConntrackZone(DNS_ZONE),
                                new UdpFromPort(53),
                                new MarkIsNot(PROXY_MARK))),
                new Hook("filter", "output", RAW_PRIORITY),
                List.of(
                        Rule.when(
                                new ConntrackZone(DNS_ZONE),
                                new UdpToPort(53),
                                new MarkIs(PROXY_MARK))));
    }

    private Rule capture(int port, Match... matches) {
        var all = new ArrayList<>(List.of(matches));
        if (sparesOpenConnections) {
            all.add(new OpensConnection());
        }
        return new Rule(all, new RedirectTo(port));
    }

    /// The base chains only jump, so that capturing can be ended by emptying the chains behind them
    /// while connections that are already translated go on.
    private Table hooked(
            String suffix, Hook inHook, List<Rule> inRules, Hook outHook, List<Rule> outRules) {
        String in = names.chains() + "-prerouting";
        String out = names.chains() + "-output";
        return new Table(
                names.tables() + "-" + suffix,
                List.of(
                        base("prerouting", inHook, in),
                        base("output", outHook, out),
                        new Chain(in, Optional.empty(), inRules),
                        new Chain(out, Optional.empty(), outRules)));
    }

    private static Chain base(String name, Hook hook, String target) {
        return new Chain(name, Optional.of(hook), List.of(Rule.when(new Jump(target))));
    }

    private List<Address> each(Address v4, Address v6) {
        return ipv6 ? List.of(v4, v6) : List.of(v4);
    }
}
