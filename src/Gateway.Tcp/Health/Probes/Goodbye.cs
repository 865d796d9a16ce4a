namespace Gateway.Tcp.Health.Probes;

/// <summary>
/// Ends a conversation with a server that has greeted, by what the server's protocol has for it. So postfix logs no lost connection, and
/// MariaDB counts no broken one against the gateway's address. A greeting of an unknown protocol gets no answer.
/// </summary>
internal static class Goodbye
{
    /// <summary>Answers a greeting.</summary>
    /// <param name="stream">The connection.</param>
    /// <param name="greeting">What the server has said. More of it may be read.</param>
    /// <param name="limit">Ends the goodbye.</param>
    public static async ValueTask SayAsync(Stream stream, ProbeAnswer greeting, CancellationToken limit)
    {
        if (MySqlGoodbye.IsGreeting(greeting.Bytes))
        {
            await MySqlGoodbye.SayAsync(stream, limit);
            return;
        }

        // An SMTP server that is spoken to between two lines of its greeting (220-, then 220) takes the client for a spammer.
        while (greeting.Bytes.StartsWith("220-"u8) && greeting.Bytes.IndexOf("\n220 "u8) < 0)
        {
            if (await greeting.ReadAsync(stream, limit) is not null)
            {
                return;
            }
        }

        var words = WordsFor(greeting.Bytes);
        if (!words.IsEmpty)
        {
            await stream.WriteAsync(words, limit);
        }
    }

    private static ReadOnlyMemory<byte> WordsFor(ReadOnlySpan<byte> greeting) =>
        greeting.StartsWith("220"u8) || greeting.StartsWith("+OK"u8) ? "QUIT\r\n"u8.ToArray()
        : greeting.StartsWith("* OK"u8) ? "a LOGOUT\r\n"u8.ToArray()
        : default;
}
