using System.Text;
using System.Text.RegularExpressions;

namespace Gateway.Checks;

/// <summary>What a backend did.</summary>
/// <param name="Bytes">The beginning of what it sent.</param>
/// <param name="HasEnded">It closed or reset the connection.</param>
internal sealed partial record Reaction(byte[] Bytes, bool HasEnded)
{
    private const int MostShown = 160;
    private const byte TlsAlert = 0x15;

    /// <summary>It stays there and says nothing.</summary>
    public bool IsSilent => !HasWords && !HasEnded;

    /// <summary>It said something.</summary>
    public bool HasWords => Bytes.Length > 0;

    /// <summary>It is there, and spoke in the way of a server whose turn is first: SMTP, FTP, POP3, IMAP, SSH, MySQL.</summary>
    public bool IsGreeting => !HasEnded && GreetsFirst;

    /// <summary>That it did, whatever came then.</summary>
    public bool GreetsFirst => MySqlTalk.IsGreeting(Bytes) || GreetingLine().IsMatch(Text);

    /// <summary>It is MySQL's or MariaDB's greeting, whatever came behind it.</summary>
    public bool IsMySql => MySqlTalk.IsGreeting(Bytes) || MySqlTalk.LastError(Bytes) is not null;

    /// <summary>It answered as HTTP.</summary>
    public bool IsHttp => Text.StartsWith("HTTP/", StringComparison.Ordinal);

    /// <summary>It answered as TLS: "what was that?".</summary>
    public bool IsTls => Bytes is [TlsAlert, 0x03, ..];

    /// <summary>What it sent, as ASCII.</summary>
    public string Text => Encoding.ASCII.GetString(Bytes);

    /// <summary>
    /// Whether a reaction says "what is this": it closes, or complains. An HTTP server says nothing before a request, Redis, memcached,
    /// SMTP, POP3 and IMAP complain in a line, MySQL in a packet; but what greets after a header and stays has understood it.
    /// </summary>
    public bool IsRefusal => HasEnded || IsComplaint;

    /// <summary>It says in words that something is wrong.</summary>
    public bool IsComplaint => IsHttp || IsTls || MySqlTalk.LastError(Bytes) is not null || ComplaintLine().IsMatch(Text);

    /// <summary>Its last words, fit for a line: of HTTP the status line, of MySQL the message, of others the last line.</summary>
    public string Show()
    {
        var text = MySqlTalk.LastError(Bytes) ?? (IsTls ? "a TLS alert" : IsHttp ? Lines()[0] : Lines().LastOrDefault() ?? "");
        text = string.Concat(text.Take(MostShown).Select(c => c is >= ' ' and < '\x7f' ? c : '.'));
        return $"\"{text}\"";
    }

    /// <summary>The whole of it, in words that follow the address.</summary>
    public string Describe() => (HasWords ? $"answers {Show()}" : "") + (HasWords && HasEnded ? " and " : "") + (HasEnded ? "closes" : "");

    private string[] Lines() => Text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries);

    [GeneratedRegex(@"^(-ERR|ERROR|[45]\d\d[ -]|\S+ (BAD|NO) )", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex ComplaintLine();

    [GeneratedRegex(@"^(220[ -]|\+OK|\* (OK|PREAUTH)|SSH-)", RegexOptions.CultureInvariant)]
    private static partial Regex GreetingLine();
}
