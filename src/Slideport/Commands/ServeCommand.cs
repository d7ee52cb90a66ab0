using System.CommandLine;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Slideport.Converter;
using Slideport.Dsr;
using Slideport.Hosting;
using Slideport.Hosting.Monitoring;
using Slideport.ImageStore.Smb;
using Slideport.Sam;
using Slideport.Settings;

namespace Slideport.Commands;

/// <summary><c>slideport serve</c>: runs roles until it is told to stop.</summary>
internal static class ServeCommand
{
    public static Command Create()
    {
        var roles = new Option<string>("--roles") { Description = $"Which roles run here, separated by commas: {string.Join(", ", Roles.All)}.", DefaultValueFactory = _ => string.Join(',', Roles.All) };
        var command = new Command(
            "serve",
            "Run roles (all of them, or those named) until SIGTERM or Ctrl+C. Settings follow as --Section:Key=value (docs/configuration.md).\n\n"
            + "Example: slideport serve --data /srv/slideport --Converter:Port=2762 --ImageStore:Location=/mnt/slides")
        {
            roles,
        };
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed, parsed.GetValue(roles)!, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, string roles, CancellationToken cancellationToken)
    {
        var here = roles.Split(',', StringSplitOptions.TrimEntries);
        if (here.FirstOrDefault(role => !Roles.All.Contains(role)) is { } unknown)
            throw new UsageException($"There is no role '{unknown}'; there are: {string.Join(", ", Roles.All)}.");
        var data = parsed.GetValue(GlobalOptions.Data)!;
        var settings = SlideportSettings.Load(data, parsed.UnmatchedTokens);
        var converter = here.Contains(Roles.Converter) ? settings.Converter() : null;
        var sam = here.Contains(Roles.Sam) ? settings.Sam() : null;
        var dsr = here.Contains(Roles.Dsr) ? settings.Dsr() : null;
        using var host = Roles.Build(data, new RoleSettings(converter, sam, dsr, settings.Certificates()), settings.Monitoring());
        await StartAsync(host, cancellationToken);
        if (converter is not null)
            Console.WriteLine($"DICOM Converter listens on {host.Services.GetRequiredService<ConverterRole>().LocalEndPoint}; slides go to {(SmbLocation.IsMeant(converter.ImageStoreLocation) ? converter.ImageStoreLocation : Path.GetFullPath(converter.ImageStoreLocation))}. Stop with Ctrl+C.");
        if (sam is not null)
            Announce(host.Services.GetRequiredService<SamRole>(), sam);
        if (dsr is not null)
            Announce(host.Services.GetRequiredService<DsrRole>());
        if (host.Services.GetService<MonitoringService>()?.Address is { } monitoring)
            Console.WriteLine($"Monitoring listens on {monitoring}: /metrics, /health/live, /health/ready.");
        await WaitAsync(cancellationToken);
        await host.StopAsync(CancellationToken.None);
        return ExitCode.Done;
    }

    // The token is for whoever stands at the console: it is in no log.
    private static void Announce(SamRole role, SamOptions options)
    {
        Console.WriteLine($"SAM DataServer listens on {role.LocalEndPoint}. Stop with Ctrl+C.");
        if (role.TimeEndPoint is { } time)
            Console.WriteLine($"Time is served on {time}, NTP over UDP.");
        var host = options.Web.Hostname.Length > 0 ? options.Web.Hostname : System.Net.Dns.GetHostName();
        Console.WriteLine($"People log in at https://{host}:{role.WebEndPoint!.Port}/.");
        if (role.FirstAdminToken is { } token)
            Console.WriteLine($"There is no user yet. Make the first Lab Admin on this machine with 'slideport user add NAME --role lab-admin', or from elsewhere within a day with this one-time token (POST /api/first-admin): {token}");
    }

    private static void Announce(DsrRole role)
    {
        Console.WriteLine($"DSR DataServer listens on {role.LocalEndPoint}. Stop with Ctrl+C.");
        Console.WriteLine($"People look at slides at https://{System.Net.Dns.GetHostName()}:{role.WebEndPoint!.Port}/.");
    }

    /// <summary>Starts the host; a taken port becomes a sentence that says what to do.</summary>
    public static async Task StartAsync(IHost host, CancellationToken cancellationToken)
    {
        try
        {
            await host.StartAsync(cancellationToken);
        }
        catch (SocketException e)
        {
            throw new IOException($"A port cannot be listened on: {e.Message}. Choose others with --Converter:Port=…, --Sam:Port=…, --Web:Port=…, --Dsr:Port=… and --Dsr:WebPort=…, or fewer roles with --roles.", e);
        }
    }

    /// <summary>Returns when the command is told to stop.</summary>
    public static async Task WaitAsync(CancellationToken cancellationToken)
    {
        var told = new TaskCompletionSource();
        await using var registration = cancellationToken.Register(told.SetResult);
        await told.Task;
    }
}
