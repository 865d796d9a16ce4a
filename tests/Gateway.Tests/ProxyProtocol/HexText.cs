namespace Gateway.Tests.ProxyProtocol;

/// <summary>Bytes as annotated hex: whitespace is ignored, and so is everything from # to the end of a line.</summary>
internal static class HexText
{
    internal static byte[] Bytes(string text)
    {
        var digits = text.Split('\n').SelectMany(static line => line.Split('#')[0]).Where(static c => !char.IsWhiteSpace(c));
        return Convert.FromHexString(string.Concat(digits));
    }
}
