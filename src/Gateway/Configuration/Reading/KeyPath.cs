using System.Globalization;

namespace Gateway.Configuration.Reading;

/// <summary>Key paths as ASP.NET Core writes them: <c>TcpProxy:Routes:redis:ClusterId</c>.</summary>
internal static class KeyPath
{
    /// <summary>Appends a key.</summary>
    public static string Join(string path, string key) => path.Length == 0 ? key : path + ":" + key;

    /// <summary>Appends a list index.</summary>
    public static string Join(string path, int index) => Join(path, index.ToString(CultureInfo.InvariantCulture));
}
