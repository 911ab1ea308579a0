package dev.ambit.ztunnel.dns;

import dev.ambit.mesh.MeshView;
import dev.ambit.mesh.MeshView.Target;
import dev.ambit.mesh.model.NetworkAddress;
import dev.ambit.ztunnel.dns.DnsDecision.Answer;
import dev.ambit.ztunnel.dns.DnsDecision.Result;
import dev.ambit.ztunnel.dns.DnsQuery.Understood;
import dev.ambit.ztunnel.dns.MeshNames.Match;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.xbill.DNS.AAAARecord;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.CNAMERecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Name;
import org.xbill.DNS.PTRRecord;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.ReverseMap;
import org.xbill.DNS.SOARecord;
import org.xbill.DNS.SRVRecord;
import org.xbill.DNS.Type;

/// Decides what a query gets. Pure but for the order of the addresses, which is drawn.
///
/// | asked | owned by the mesh | answer |
/// |---|---|---|
/// | A, AAAA | a service with addresses, a headless one of Kubernetes, one of its pods | addresses |
/// | SRV of such a service's own name | the same | a target for each port (and pod) |
/// | PTR | an address of such a service or pod | its name |
/// | PTR | an address that Istio's control plane allots, but to nobody | NXDOMAIN |
/// | anything else | | handed on |
///
/// `_http._tcp.name` is handed on: the control plane does not tell what ports are called. So is a
/// name below a service that the mesh can't find: Kubernetes' own DNS knows pods that the mesh is
/// not told of, such as those that are not ready.
final class DnsRouter {
    private static final long TTL_SECONDS = 30;
    private static final int SRV_WEIGHTS = 100;

    /// Where istiod takes addresses for services that have none: 240.240.0.0/16 and 2001:2::/48.
    /// They mean nothing to anybody else.
    private static final List<Name> ALLOTTED =
            List.of(
                    Name.fromConstantString("240.240.in-addr.arpa."),
                    Name.fromConstantString("0.0.0.0.2.0.0.0.1.0.0.2.ip6.arpa."));

    private final MeshView mesh;
    private final KubeNames names;
    private final MeshNames lookup;
    private final DnsSettings settings;
    private final Random random;

    DnsRouter(MeshView mesh, DnsSettings settings, RandomGenerator random) {
        this.mesh = mesh;
        this.settings = settings;
        this.names = new KubeNames(settings.clusterDomain());
        this.lookup = new MeshNames(mesh, names, settings);
        this.random = Random.from(random);
    }

    /// Who asks.
    ///
    /// @param search the search domains its resolver appends
    record Client(String namespace, String network, List<Name> search) {
        Client {
            search = List.copyOf(search);
        }
    }

    boolean ipv6() {
        return settings.ipv6();
    }

    DnsDecision decide(Understood query, Client client) {
        return switch (query.type()) {
            case Type.A, Type.AAAA ->
                    lookup.find(query.name(), client)
                            .<DnsDecision>map(match -> addresses(query, client, match))
                            .orElseGet(DnsDecision.Forward::new);
            case Type.SRV -> targets(query, client);
            case Type.PTR -> pointer(query, client);
            default -> new DnsDecision.Forward();
        };
    }

    private Answer addresses(Understood query, Client client, Match match) {
        boolean ipv6 = query.type() == Type.AAAA;
        if (!lookup.allows(match, ipv6)) {
            return nothing(query.name(), Result.WRONG_FAMILY);
        }
        var found = new ArrayList<>(lookup.addresses(match, client.network(), ipv6));
        if (found.isEmpty()) {
            return nothing(query.name(), Result.NO_RECORDS);
        }
        Collections.shuffle(found, random);
        var owner = owner(query.name(), match);
        var answers = chain(query.name(), owner);
        found.forEach(address -> answers.add(address(owner, address)));
        return positive(answers, List.of(), found.size());
    }

    /// Where a resolver appended a search domain to a name of which the mesh knows the rest, an
    /// alias leads to the rest; so the client learns what it really talks to.
    private static Name owner(Name requested, Match match) {
        return match.wildcard() ? requested : match.candidate().stripped().orElse(requested);
    }

    private static List<Record> chain(Name requested, Name owner) {
        var answers = new ArrayList<Record>();
        if (!owner.equals(requested)) {
            answers.add(new CNAMERecord(requested, DClass.IN, TTL_SECONDS, owner));
        }
        return answers;
    }

    private DnsDecision targets(Understood query, Client client) {
        var requested = query.name();
        if (KubeNames.labels(requested) == 0 || requested.getLabelString(0).startsWith("_")) {
            return new DnsDecision.Forward();
        }
        var match = lookup.find(requested, client);
        if (match.isEmpty() || !(match.get() instanceof Match.OfService found)) {
            return new DnsDecision.Forward();
        }
        var owner = owner(requested, found);
        var target = found.wildcard() ? requested : found.name();
        var service = found.service();
        return service.vips().isEmpty()
                ? podTargets(requested, owner, found)
                : serviceTargets(requested, owner, target, client, found);
    }

    private Answer serviceTargets(
            Name requested, Name owner, Name target, Client client, Match.OfService found) {
        var additional = new ArrayList<Record>();
        for (boolean ipv6 : new boolean[] {false, true}) {
            if (lookup.allows(found, ipv6)) {
                lookup.addresses(found, client.network(), ipv6)
                        .forEach(address -> additional.add(address(target, address)));
            }
        }
        var ports = found.service().ports().keySet().stream().sorted().toList();
        if (additional.isEmpty() || ports.isEmpty()) {
            return nothing(requested, Result.NO_RECORDS);
        }
        var answers = chain(requested, owner);
        int weight = weight(ports.size());
        ports.forEach(port -> answers.add(srv(owner, weight, port, target)));
        return positive(answers, additional, ports.size());
    }

    /// One for each port of each pod of a headless service, by the pod's own name below it.
    private Answer podTargets(Name requested, Name owner, Match.OfService found) {
        var targets = new ArrayList<Record>();
        var additional = new ArrayList<Record>();
        var endpoints = new ArrayList<>(mesh.endpoints(found.service().key()));
        Collections.shuffle(endpoints, random);
        int count = endpoints.stream().mapToInt(e -> Math.max(1, e.ports().size())).sum();
        for (var endpoint : endpoints) {
            var target = lookup.podName(found.service(), endpoint.workload());
            if (target.isEmpty()) {
                continue;
            }
            endpoint.ports().values().stream()
                    .sorted()
                    .distinct()
                    .filter(port -> port > 0)
                    .forEach(port -> targets.add(srv(owner, weight(count), port, target.get())));
            for (boolean ipv6 : new boolean[] {false, true}) {
                if (lookup.allows(found, ipv6)) {
                    MeshNames.first(endpoint.workload(), ipv6)
                            .ifPresent(ip -> additional.add(address(target.get(), ip)));
                }
            }
        }
        if (targets.isEmpty()) {
            return nothing(requested, Result.NO_RECORDS);
        }
        var answers = chain(requested, owner);
        answers.addAll(targets);
        return positive(answers, additional, targets.size());
    }

    private static int weight(int targets) {
        return Math.max(1, SRV_WEIGHTS / targets);
    }

    private DnsDecision pointer(Understood query, Client client) {
        InetAddress address;
        try {
            address = ReverseMap.fromName(query.name());
        } catch (UnknownHostException | RuntimeException notAnAddress) {
            return new DnsDecision.Forward();
        }
        if (!ReverseMap.fromAddress(address).equals(query.name())) {
            // Part of an address only, which the library fills up.
            return new DnsDecision.Forward();
        }
        var target = mesh.lookup(new NetworkAddress(client.network(), address), client.namespace());
        return switch (target) {
            case Target.OfService(var service) -> pointer(query, lookup.nameOf(service));
            case Target.OfWorkload(var workload) -> pointer(query, lookup.nameOf(workload));
            case Target.Unknown() ->
                    ALLOTTED.stream()
                            .filter(zone -> query.name().subdomain(zone))
                            .findFirst()
                            .<DnsDecision>map(DnsRouter::noSuchName)
                            .orElseGet(DnsDecision.Forward::new);
        };
    }

    private static DnsDecision pointer(Understood query, Optional<Name> name) {
        return name.<DnsDecision>map(target ->
                        positive(
                                List.of(
                                        new PTRRecord(
                                                query.name(), DClass.IN, TTL_SECONDS, target)),
                                List.of(),
                                1))
                .orElseGet(DnsDecision.Forward::new);
    }

    private static Answer positive(List<Record> answers, List<Record> more, int endpoints) {
        return new Answer(Rcode.NOERROR, answers, List.of(), more, Result.SUCCESS, endpoints);
    }

    /// The name is there, but nothing of this kind (RFC 2308 section 2.2).
    private Answer nothing(Name requested, Result result) {
        var soa = soa(names.zoneOf(requested));
        return new Answer(Rcode.NOERROR, List.of(), List.of(soa), List.of(), result, 0);
    }

    private static Answer noSuchName(Name zone) {
        return new Answer(
                Rcode.NXDOMAIN, List.of(), List.of(soa(zone)), List.of(), Result.NO_SUCH_NAME, 0);
    }

    /// Nobody transfers these zones: but for the last number, the time for which the negative
    /// answer may be kept, its values say nothing.
    private static Record soa(Name zone) {
        return new SOARecord(
                zone,
                DClass.IN,
                TTL_SECONDS,
                KubeNames.append(NS, zone).orElse(zone),
                KubeNames.append(HOSTMASTER, zone).orElse(zone),
                1,
                7200,
                1800,
                86_400,
                TTL_SECONDS);
    }

    private static final Name NS = Name.fromConstantString("ns.dns.");
    private static final Name HOSTMASTER = Name.fromConstantString("hostmaster.");

    private static Record srv(Name owner, int weight, int port, Name target) {
        return new SRVRecord(owner, DClass.IN, TTL_SECONDS, 0, weight, port, target);
    }

    private static Record address(Name owner, InetAddress address) {
        return address instanceof Inet4Address
                ? new ARecord(owner, DClass.IN, TTL_SECONDS, address)
                : new AAAARecord(owner, DClass.IN, TTL_SECONDS, address);
    }
}
