using System.Text.Json;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;
using Slideport.Protocol;
using Slideport.Sam.Database;

namespace Slideport.Sam.Notifications;

/// <summary>Sends messages as mail.</summary>
internal sealed class MailChannel(NotificationOptions options)
{
    internal const string Name = "mail";

    private const int TimeoutMilliseconds = 30_000;
    private const int TlsFromTheBeginning = 465;

    /// <summary>Sends one.</summary>
    /// <exception cref="IOException">The server was not reached or did not take it.</exception>
    internal async Task SendAsync(Notification notification, CancellationToken cancellationToken)
    {
        var alert = JsonSerializer.Deserialize<AlertMessage>(notification.Body, ProtocolJson.Options)!;
        using var message = new MimeMessage { MessageId = $"{notification.Key:n}@slideport", Subject = $"[Slideport] {alert.What}: {alert.Kind} {alert.Subject}" };
        message.From.Add(MailboxAddress.Parse(options.From));
        message.To.AddRange(options.To.Select(MailboxAddress.Parse));
        message.Body = new TextPart("plain") { Text = $"{alert.Text}\n\nSince {alert.Since:u}{(alert.ClearedAt is { } cleared ? $", over at {cleared:u}" : "")}; {alert.Count} time(s).\n" };
        var (host, port) = options.Server()!.Value;
        using var client = new SmtpClient { Timeout = TimeoutMilliseconds };
        await client.ConnectAsync(host, port, !options.SmtpTls ? SecureSocketOptions.None : port == TlsFromTheBeginning ? SecureSocketOptions.SslOnConnect : SecureSocketOptions.StartTls, cancellationToken);
        if (options.SmtpUser.Length > 0)
            await client.AuthenticateAsync(options.SmtpUser, (await File.ReadAllTextAsync(options.SmtpPasswordFile, cancellationToken)).Trim(), cancellationToken);
        await client.SendAsync(message, cancellationToken);
        await client.DisconnectAsync(quit: true, cancellationToken);
    }
}
