using System.CommandLine;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Slideport.Converter;
using Slideport.Hosting;
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
            "Run the DICOM Converter until SIGTERM or Ctrl+C. Settings follow as --Section:Key=value (docs/configuration.md).\n\n"
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
        foreach (var role in roles.Split(',', StringSplitOptions.TrimEntries))
        {
            if (!Roles.All.Contains(role))
                throw new UsageException($"There is no role '{role}'; there are: {string.Join(", ", Roles.All)}.");
        }

        var data = parsed.GetValue(GlobalOptions.Data)!;
        var options = SlideportSettings.Load(data, parsed.UnmatchedTokens).Converter();
        using var host = Roles.Build(data, options);
        await StartAsync(host, options, cancellationToken);
        Console.WriteLine($"DICOM Converter listens on {host.Services.GetRequiredService<ConverterRole>().LocalEndPoint}; slides go to {Path.GetFullPath(options.ImageStoreLocation)}. Stop with Ctrl+C.");
        await WaitAsync(cancellationToken);
        await host.StopAsync(CancellationToken.None);
        return ExitCode.Done;
    }

    /// <summary>Starts the host; a taken port becomes a sentence that says what to do.</summary>
    public static async Task StartAsync(IHost host, ConverterOptions options, CancellationToken cancellationToken)
    {
        try
        {
            await host.StartAsync(cancellationToken);
        }
        catch (SocketException e)
        {
            throw new IOException($"Port {options.Port} cannot be listened on: {e.Message}. Choose another with --Converter:Port=…", e);
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
