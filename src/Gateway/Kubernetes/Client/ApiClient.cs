using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Tls;

namespace Gateway.Kubernetes.Client;

/// <summary>
/// Requests to the API server.
/// <para>
/// 1. The token is read for each request, because the kubelet replaces the file before the old token expires. Requests are rare: a watch is
/// one request for minutes. The CA file is read at each handshake, for the same reason.
/// 2. Each watch has its own HTTP/1.1 connection, so a reset ends one watch and not all of them.
/// 3. TCP keep-alive finds a server that vanished without a FIN within 30 s. Otherwise its watch would stay silent until it times out.
/// 4. Proxies of the environment are not used: nothing outside of the configuration decides whom the gateway believes.
/// </para>
/// </summary>
internal sealed class ApiClient : IDisposable
{
    /// <summary>How long the answer to a request may take: a page of a list, or the head of a watch.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    // A Status object is a few hundred bytes; a proxy in front may answer with a page.
    private const int MostOfAnError = 16 * 1024;

    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    // A page of objects, or one object. 250 slices of 1,000 endpoints, the most of a slice, are 60 MB; an object of etcd is 1.5 MB at most.
    private const long MostOfAPage = 256 * 1024 * 1024;
    private const long MostOfAnObject = 16 * 1024 * 1024;

    private readonly HttpClient _http;

    /// <summary>Makes a client. It connects with its first request.</summary>
    public ApiClient(ApiAccess access)
    {
        Access = access;
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ConnectCallback = ConnectAsync,
            ConnectTimeout = ConnectTimeout,
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
        };
        if (access.CaPath is { } path)
        {
            handler.SslOptions.RemoteCertificateValidationCallback =
                (_, certificate, chain, errors) => IsTrusted(certificate as X509Certificate2, chain, errors, path);
        }

        // Each request has its own limit.
        _http = new HttpClient(handler) { BaseAddress = access.Server, Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("gateway", null));
        _http.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
    }

    /// <summary>Where the API server is.</summary>
    public ApiAccess Access { get; }

    /// <summary>Reads one page of a list.</summary>
    /// <exception cref="ApiException">The server refused.</exception>
    public async Task<ResourceList<T>> ListAsync<T>(ResourceScope<T> scope, string? proceed, CancellationToken cancellation)
        where T : class, IResource
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Patience);
        using var response = await SendAsync(HttpMethod.Get, scope.ListPath(proceed), null, limit.Token);
        await ThrowUnlessGoodAsync(response, limit.Token);
        await response.Content.LoadIntoBufferAsync(MostOfAPage, limit.Token);
        await using var body = await response.Content.ReadAsStreamAsync(limit.Token);
        return await ListReader.ReadAsync(body, scope.Type, limit.Token);
    }

    /// <summary>Begins a watch. The caller disposes the response, whose body are the events.</summary>
    /// <exception cref="ApiException">The server refused.</exception>
    public async Task<HttpResponseMessage> WatchAsync<T>(
        ResourceScope<T> scope, string version, TimeSpan length, CancellationToken cancellation)
        where T : class, IResource
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Patience);
        var response = await SendAsync(HttpMethod.Get, scope.WatchPath(version, length), null, limit.Token);
        try
        {
            await ThrowUnlessGoodAsync(response, limit.Token);
            return response;
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    /// <summary>Sends any other request, and reads the whole answer.</summary>
    /// <param name="method">The method.</param>
    /// <param name="path">Path and query, such as <c>/apis/coordination.k8s.io/v1/namespaces/NS/leases/NAME</c>.</param>
    /// <param name="body">JSON; null: no body.</param>
    /// <param name="contentType">Of the body; PATCH needs <c>application/merge-patch+json</c> or alike.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>The status and the body of the answer, whatever the status.</returns>
    public async Task<(HttpStatusCode Status, byte[] Body)> SendAsync(
        HttpMethod method, string path, byte[]? body, string contentType, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Patience);
        using var content = body is null ? null : new ByteArrayContent(body);
        if (content is not null)
        {
            content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        }

        using var response = await SendAsync(method, path, content, limit.Token);
        await response.Content.LoadIntoBufferAsync(MostOfAnObject, limit.Token);
        return (response.StatusCode, await response.Content.ReadAsByteArrayAsync(limit.Token));
    }

    /// <summary>Closes all connections.</summary>
    public void Dispose() => _http.Dispose();

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? body, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body };
        if (Access.TokenPath is { } token)
        {
            request.Headers.Authorization =
                new AuthenticationHeaderValue("Bearer", (await File.ReadAllTextAsync(token, cancellation)).Trim());
        }

        return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
    }

    private static async Task ThrowUnlessGoodAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        if (response.IsSuccessStatusCode)
        {
            return;
        }

        var buffer = new byte[MostOfAnError];
        await using var body = await response.Content.ReadAsStreamAsync(cancellation);
        var length = await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellation);
        var status = ApiStatus.TryParse(buffer.AsSpan(0, length)) ?? new ApiStatus();
        throw new ApiException(
            (int)response.StatusCode,
            status.Reason ?? response.ReasonPhrase,
            status.Message ?? $"status {(int)response.StatusCode}",
            response.Headers.RetryAfter?.Delta);
    }

    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 15);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 5);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
            await socket.ConnectAsync(context.DnsEndPoint, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    // The name must match in any case; the CA of the file replaces those of the machine.
    private static bool IsTrusted(X509Certificate2? certificate, X509Chain? presented, SslPolicyErrors errors, string caPath)
    {
        if (certificate is null
            || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != 0
            || PemFile.ReadText(caPath).Text is not { } text
            || CertificateAuthorities.Parse(text, null).Value is not { } authorities)
        {
            return false;
        }

        using var chain = new X509Chain { ChainPolicy = authorities.CreatePolicy() };
        // A certificate of the cluster's CA that is for a client proves no server.
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        // What the server sends beside its certificate: the CAs between.
        chain.ChainPolicy.ExtraStore.AddRange(presented?.ChainPolicy.ExtraStore ?? []);
        return chain.Build(certificate);
    }
}
