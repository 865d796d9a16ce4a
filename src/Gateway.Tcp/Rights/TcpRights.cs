using Gateway.Linux;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Dnat;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Engines.Linux;
using Gateway.Tcp.Routing;

namespace Gateway.Tcp.Rights;

/// <summary>Finds rights and kernel features, beyond plain sockets, that routes and listeners need and that are missing.</summary>
public static class TcpRights
{
    /// <summary>
    /// Tries the kernel features out (socket options, the eBPF program, nftables rules on trial), for a configuration that this process
    /// will not run. Needs no data plane, and leaves nothing behind.
    /// </summary>
    /// <param name="model">The model that would be in force.</param>
    /// <param name="toa">The Toa sections of all listeners that have one, HTTP's included.</param>
    /// <param name="dnat">The connections that the kernel would forward.</param>
    /// <param name="engine">The engine that would run.</param>
    /// <param name="table">The nftables table of Dnat routes.</param>
    /// <returns>What is missing, each with the cure.</returns>
    public static IReadOnlyList<Finding> FindMissing(
        TcpModel model, IReadOnlyDictionary<string, ToaConfig> toa, DnatModel dnat, TcpEngineKind engine, string table)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(dnat);
        using var options = engine.IsLinux() ? new LinuxTcpOptions([]) : null;
        using var rules = new DnatTable(table);
        return
        [
            .. FindMissing(model, toa, options, TransparentProbe.IsPermitted, static (_, _) => { }),
            .. DnatRequirements.FindMissing(dnat, rules, isTrial: true),
        ];
    }

    /// <summary>Finds what is missing for a model that an engine is to run.</summary>
    /// <param name="model">The model that is to be in force.</param>
    /// <param name="toa">The Toa sections of all listeners that have one.</param>
    /// <param name="options">What the engine can do with TCP options; null: nothing.</param>
    /// <param name="mayBindForeign">Whether clients' addresses can be bound.</param>
    /// <param name="warn">Called for each listener that falls back to the SYN alone, with the reason.</param>
    internal static IReadOnlyList<Finding> FindMissing(
        TcpModel model,
        IReadOnlyDictionary<string, ToaConfig> toa,
        ITcpOptions? options,
        Func<bool> mayBindForeign,
        Action<string, string> warn) =>
        [
            .. TransparentRights.Check(model, mayBindForeign),
            .. TransparentRights.CheckMarks(model, MarkProbe.IsPermitted),
            .. ToaRights.Check(model, toa, () => Enable(options), warn),
        ];

    private static string? Enable(ITcpOptions? options) =>
        options is null ? "needs the Linux engine: TcpProxy:Engine Auto or Linux, on Linux" : options.Enable();
}
