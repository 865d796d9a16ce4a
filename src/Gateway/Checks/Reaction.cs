using System.Text;
using System.Text.RegularExpressions;

namespace Gateway.Checks;

/// <summary>The reaction of a backend to a connection.</summary>
/// <param name="Bytes">The first bytes that the backend sent.</param>
/// <param name="HasEnded">The backend closed or reset the connection.</param>
internal sealed partial record Reaction(byte[] Bytes, bool HasEnded)
{
    private const int MostShown = 160;
    private const byte TlsAlert = 0x15;

    /// <summary>The backend keeps the connection open and sends nothing.</summary>
    public bool IsSilent => !HasWords && !HasEnded;

    /// <summary>The backend sent something.</summary>
    public bool HasWords => Bytes.Length > 0;

    /// <summary>
    /// The backend keeps the connection open, and greeted as a server that sends first: SMTP, FTP, POP3, IMAP, SSH, MySQL.
    /// </summary>
    public bool IsGreeting => !HasEnded && GreetsFirst;

    /// <summary>The backend greeted as such a server. It may have closed afterwards.</summary>
    public bool GreetsFirst => MySqlTalk.IsGreeting(Bytes) || GreetingLine().IsMatch(Text);

    /// <summary>The backend sent a greeting or an error of MySQL or MariaDB.</summary>
    public bool IsMySql => MySqlTalk.IsGreeting(Bytes) || MySqlTalk.LastError(Bytes) is not null;

    /// <summary>The backend answered in HTTP.</summary>
    public bool IsHttp => Text.StartsWith("HTTP/", StringComparison.Ordinal);

    /// <summary>The backend answered with a TLS alert.</summary>
    public bool IsTls => Bytes is [TlsAlert, 0x03, ..];

    /// <summary>The bytes as ASCII.</summary>
    public string Text => Encoding.ASCII.GetString(Bytes);

    /// <summary>
    /// Whether the backend did not understand the bytes: it closes or complains. An HTTP server sends nothing before a request, so any HTTP
    /// answer is a complaint. Redis, memcached, SMTP, POP3 and IMAP complain in a line, MySQL in a packet. A backend that greets after a
    /// header and stays has understood it.
    /// </summary>
    public bool IsRefusal => HasEnded || IsComplaint;

    /// <summary>The backend sent an error.</summary>
    public bool IsComplaint => IsHttp || IsTls || MySqlTalk.LastError(Bytes) is not null || ComplaintLine().IsMatch(Text);

    /// <summary>The most useful line of the answer: the status line of HTTP, the message of MySQL, otherwise the last line.</summary>
    public string Show()
    {
        var text = MySqlTalk.LastError(Bytes) ?? (IsTls ? "a TLS alert" : IsHttp ? Lines()[0] : Lines().LastOrDefault() ?? "");
        text = string.Concat(text.Take(MostShown).Select(c => c is >= ' ' and < '\x7f' ? c : '.'));
        return $"\"{text}\"";
    }

    /// <summary>The whole reaction, as a text that follows the address in the report.</summary>
    public string Describe() => (HasWords ? $"answers {Show()}" : "") + (HasWords && HasEnded ? " and " : "") + (HasEnded ? "closes" : "");

    private string[] Lines() => Text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries);

    [GeneratedRegex(@"^(-ERR|ERROR|[45]\d\d[ -]|\S+ (BAD|NO) )", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex ComplaintLine();

    [GeneratedRegex(@"^(220[ -]|\+OK|\* (OK|PREAUTH)|SSH-)", RegexOptions.CultureInvariant)]
    private static partial Regex GreetingLine();
}
