using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Slideport.Interop.Tests;

/// <summary>A foreign program on loopback. Absent: the test is skipped with the reason, or fails where CI promised it; present but broken: the test fails.</summary>
internal sealed class Peer : IDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();

    private Peer(Process process)
    {
        _process = process;
        process.OutputDataReceived += Keep;
        process.ErrorDataReceived += Keep;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public int ExitCode => _process.ExitCode;

    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    /// <summary>Skips the test when a program is missing, except in CI, where a missing peer is a defect of the set-up.</summary>
    public static void Require(params string[] programs)
    {
        foreach (var program in programs)
        {
            if (Find(program) is not null)
                continue;
            if (Environment.GetEnvironmentVariable("CI") == "true")
                Assert.Fail($"{program} is not installed, and CI promises it.");
            Assert.Skip($"{program} is not installed (./test installs it)");
        }
    }

    public static Peer Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(Find(program) ?? program) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        return new Peer(Process.Start(start)!);
    }

    /// <summary>Runs a program to its end; the test fails with what it printed when it exits with anything but 0.</summary>
    public static async Task<string> RunAsync(string program, params string[] arguments)
    {
        var (exitCode, output) = await TryRunAsync(program, arguments);
        Assert.True(exitCode == 0, $"{program} exited with {exitCode}: {output}");
        return output;
    }

    public static async Task<(int ExitCode, string Output)> TryRunAsync(string program, params string[] arguments)
    {
        using var peer = Start(program, arguments);
        await peer._process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (peer.ExitCode, peer.Output);
    }

    public static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    /// <summary>Waits until the peer accepts connections on a loopback port.</summary>
    public async Task WaitForPortAsync(int port)
    {
        while (true)
        {
            Assert.False(_process.HasExited, $"{_process.StartInfo.FileName} stopped before it listened: {Output}");
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(50, TestContext.Current.CancellationToken);
            }
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private static string? Find(string program) =>
        program.StartsWith('/')
            ? (File.Exists(program) ? program : null)
            : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin")
                .Select(folder => Path.Join(folder, program)).FirstOrDefault(File.Exists);

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        lock (_output)
            _output.AppendLine(line.Data);
    }
}
