using Gateway.ProxyProtocol;
using Gateway.Tcp.AccessLogs;

namespace Gateway.Configuration.Validation;

/// <summary>
/// Checks the access log (the names of its fields, its interval, its file, the sections of listeners) and the sample of traces.
/// </summary>
internal sealed class AccessLogTopic : IConfigTopic
{
    // Shorter intervals are for a debugger. Longer ones do not fit a timer.
    private static readonly TimeSpan ShortestInterval = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    public void Validate(ValidationContext context)
    {
        var log = context.Config.AccessLog;
        if (log.Interval is { } interval)
        {
            Range.Check(context, "AccessLog:Interval", interval, ShortestInterval, Range.MaxTimeout);
        }

        if (log.Fields is { } fields && !context.Issues.HasError("AccessLog:Fields"))
        {
            CheckFields(context, fields);
        }

        if (log.File is { } file)
        {
            CheckFile(context, file);
        }

        Range.Check(context, "Tracing:SampleRatio", context.Config.Tracing.SampleRatio, 0d, 1d);
        foreach (var (name, listener) in context.Config.Listeners)
        {
            if (listener.AccessLog is { } own)
            {
                Range.Check(context, $"Listeners:{name}:AccessLog:Sample", own.Sample, 0d, 1d);
            }
        }
    }

    private static void CheckFields(ValidationContext context, IReadOnlyList<string> fields)
    {
        if (fields.Count == 0)
        {
            context.Error("AccessLog:Fields", "must name at least one field; leave the key out for the usual line");
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < fields.Count; i++)
        {
            var path = $"AccessLog:Fields:{i}";
            if (context.Issues.HasError(path))
            {
                continue;
            }

            if (AccessField.Find(fields[i]) is not { } field)
            {
                context.Issues.Error(path, ConfigIssue.Quote(fields[i]), Unknown(fields[i]));
            }
            else if (!seen.Add(field.Name))
            {
                context.Issues.Error(path, ConfigIssue.Quote(fields[i]), "is named twice; a line has each field once");
            }
        }
    }

    private static string Unknown(string? name) =>
        name?.StartsWith(AccessField.TlvPrefix, StringComparison.Ordinal) == true
            ? $"is no TLV; they are named by number (tlv:0xEA) or {string.Join(", ", ProxyTlvField.Names)}"
            : $"is no field; there are {string.Join(", ", AccessField.Names)}, and tlv: with the name or number of a TLV";

    // Not whether the file can be opened: that may change at any time, and the log says so then.
    private static void CheckFile(ValidationContext context, AccessLogFileConfig file)
    {
        const string path = "AccessLog:File:Path";
        if (string.IsNullOrEmpty(file.Path))
        {
            context.Missing("AccessLog:File", "Path", "the absolute path of a file, such as \"/var/log/gateway/access.log\"");
        }
        else if (!Path.IsPathFullyQualified(file.Path) || file.Path.Contains('\0'))
        {
            context.Error(path, "must be an absolute path, such as \"/var/log/gateway/access.log\"");
        }
        else if (file.Path.EndsWith('/'))
        {
            context.Error(path, "is a folder; name the file in it");
        }
    }
}
