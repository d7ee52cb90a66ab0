using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Slideport.Dicom.Tests.Interop.Dcmtk;

/// <summary>DCMTK's programs, run as somebody else's end of the wire.</summary>
internal static class Dcmtk
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Starts a program; skips the test where it is missing, fails it where CI=true.</summary>
    public static Process Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Missing.Peer($"{program} (package dcmtk)");
            throw;
        }
    }

    /// <summary>Runs a program to its end: its exit code and all it said.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(string program, params string[] arguments)
    {
        using var process = Start(program, arguments);
        using var patience = new CancellationTokenSource(Patience);
        var said = Task.WhenAll(process.StandardOutput.ReadToEndAsync(patience.Token), process.StandardError.ReadToEndAsync(patience.Token));
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }

        return (process.ExitCode, string.Concat(await said));
    }

    /// <summary>A port nobody listens on just now.</summary>
    public static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    /// <summary>Waits until a started server takes connections.</summary>
    public static async Task ListensAsync(Process server, int port)
    {
        for (var i = 0; i < 600 && !server.HasExited; i++)
        {
            using var probe = new TcpClient();
            try
            {
                await probe.ConnectAsync(IPAddress.Loopback, port);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(50);
            }
        }

        Assert.Fail($"{server.StartInfo.FileName} does not listen");
    }
}
