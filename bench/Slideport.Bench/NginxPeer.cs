using System.Globalization;
using Slideport.Protocol.Identity;

namespace Slideport.Bench;

/// <summary>nginx, which serves a folder over TLS 1.3, with a certificate of the same kind as ours.</summary>
internal sealed class NginxPeer : IDisposable
{
    private readonly ChildProcess _server;

    private NginxPeer(ChildProcess server, Uri address) => (_server, Address) = (server, address);

    internal Uri Address { get; }

    /// <summary>What cannot be measured here without; null: it is all there.</summary>
    internal static string? Missing => ChildProcess.Exists("nginx") ? null : "nginx is not installed here";

    internal static async Task<NginxPeer> StartAsync(string folder, string files, CertificateAuthority authority, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        authority.Server("nginx").Dispose();
        var ((certificate, key), port) = (authority.FilesOf("nginx"), ChildProcess.FreePort());
        var configuration = Path.Join(folder, "nginx.conf");
        await File.WriteAllTextAsync(configuration, $$"""
            {{(Environment.UserName == "root" ? "user root root;" : "")}}
            daemon off;
            pid {{folder}}/nginx.pid;
            error_log {{folder}}/error.log;
            worker_processes auto;
            events { worker_connections 1024; }
            http {
              access_log off;
              sendfile on;
              tcp_nodelay on;
              keepalive_requests 1000000000;
              open_file_cache max=100;
              default_type image/jpeg;
              client_body_temp_path {{folder}}/body;
              proxy_temp_path {{folder}}/proxy;
              fastcgi_temp_path {{folder}}/fastcgi;
              uwsgi_temp_path {{folder}}/uwsgi;
              scgi_temp_path {{folder}}/scgi;
              server {
                listen 127.0.0.1:{{port.ToString(CultureInfo.InvariantCulture)}} ssl;
                ssl_certificate {{certificate}};
                ssl_certificate_key {{key}};
                ssl_protocols TLSv1.3;
                root {{files}};
              }
            }

            """, cancellationToken);
        var server = ChildProcess.Start("/usr/sbin/nginx", ["-c", configuration]);
        await server.WaitForPortAsync(port, cancellationToken);
        return new NginxPeer(server, new Uri(string.Create(CultureInfo.InvariantCulture, $"https://127.0.0.1:{port}")));
    }

    public void Dispose() => _server.Dispose();
}
