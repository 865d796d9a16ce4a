using System.Text;

namespace Gateway.Configuration.Validation;

/// <summary>Checks the section Handover.</summary>
internal sealed class HandoverTopic : IConfigTopic
{
    // sockaddr_un has 108 bytes with the final zero. The socket is made beside its path, under a longer name.
    private const int MostBytes = 100;

    private const string PathKey = "Handover:Path";

    private const string Example = "such as \"/run/gateway/handover.sock\"";

    /// <inheritdoc/>
    public void Validate(ValidationContext context)
    {
        if (context.Config.Handover is not { } handover)
        {
            return;
        }

        if (handover.Path is null)
        {
            context.Missing("Handover", "Path", $"the path of a unix socket, {Example}");
        }
        else if (!Path.IsPathRooted(handover.Path) || Path.EndsInDirectorySeparator(handover.Path))
        {
            context.Issues.Error(PathKey, $"\"{handover.Path}\"", $"must be the absolute path of a file, {Example}");
        }
        else if (Encoding.UTF8.GetByteCount(handover.Path) > MostBytes)
        {
            context.Issues.Error(PathKey, $"\"{handover.Path}\"", $"must have at most {MostBytes} bytes, as the name of a unix socket");
        }

        Range.Check(context, "Handover:DrainTimeout", handover.DrainTimeout, TimeSpan.Zero, Range.MaxTimeout);
    }
}
