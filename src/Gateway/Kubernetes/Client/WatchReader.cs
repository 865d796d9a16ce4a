using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json.Serialization.Metadata;

namespace Gateway.Kubernetes.Client;

/// <summary>Reads the events of a watch: one JSON object a line.</summary>
internal static class WatchReader
{
    // etcd takes objects of 1.5 MB at most. In JSON an object can be a few times as long.
    private const long LongestLine = 16 * 1024 * 1024;

    private static readonly StreamPipeReaderOptions Options = new(bufferSize: 16 * 1024, leaveOpen: true);

    /// <summary>Reads until the watch ends.</summary>
    /// <param name="stream">The body of the response.</param>
    /// <param name="type">Reads an object.</param>
    /// <param name="onEvent">Called for each event, in order.</param>
    /// <param name="cancellation">Ends the watch.</param>
    /// <exception cref="IOException">The connection was reset, or the watch ended in the middle of an event.</exception>
    public static async Task ReadAsync<T>(
        Stream stream, JsonTypeInfo<T> type, Action<WatchEvent<T>> onEvent, CancellationToken cancellation)
        where T : class, IResource
    {
        var pipe = PipeReader.Create(stream, Options);
        try
        {
            while (true)
            {
                var read = await pipe.ReadAsync(cancellation);
                var rest = read.Buffer;
                while (rest.PositionOf((byte)'\n') is { } end)
                {
                    var line = rest.Slice(0, end);
                    if (!line.IsEmpty)
                    {
                        onEvent(WatchEvent<T>.Read(line, type));
                    }

                    rest = rest.Slice(rest.GetPosition(1, end));
                }

                if (read.IsCompleted)
                {
                    // The reset of a proxy in front of the server can look like an end.
                    if (!rest.IsEmpty)
                    {
                        throw new IOException("The watch ended in the middle of an event.");
                    }

                    return;
                }

                if (rest.Length > LongestLine)
                {
                    throw new IOException($"An event is longer than {LongestLine} bytes.");
                }

                pipe.AdvanceTo(rest.Start, rest.End);
            }
        }
        finally
        {
            await pipe.CompleteAsync();
        }
    }
}
