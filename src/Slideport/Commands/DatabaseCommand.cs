using System.CommandLine;
using Slideport.Database;
using Slideport.Dsr.Database;
using Slideport.Hosting;
using Slideport.Sam.Database;
using Slideport.Settings;

namespace Slideport.Commands;

/// <summary><c>slideport database</c>: SAM's database or the DSR's, for its administrator.</summary>
internal static class DatabaseCommand
{
    private static readonly Option<string> Of = new("--of") { Description = "Whose it is: sam or dsr.", DefaultValueFactory = _ => Roles.Sam };
    private static readonly Argument<string> File = new("FILE") { Description = "The backup." };

    public static Command Create()
    {
        var update = Sub("update", "Bring the database to this version of Slideport; an empty one gets its tables.\n\nExample: slideport database update --Database:Provider=PostgreSql --Database:ConnectionString='Host=db;Username=sam'");
        update.SetAction(async (parsed, cancellationToken) =>
        {
            var applied = await Maintenance(parsed).UpdateAsync(cancellationToken);
            Console.WriteLine(applied.Count == 0 ? "The database is up to date." : $"Done: {string.Join(", ", applied)}.");
            return ExitCode.Done;
        });
        var script = Sub("script", "Print the SQL that does the same, for administrators who run it themselves.\n\nExample: slideport database script --Database:Provider=SqlServer");
        script.SetAction(parsed => Console.Write(Maintenance(parsed).Script()));
        var check = Sub("check", "Check version, files and audit trail; exit code 1 when something is wrong.\n\nExample: slideport database check");
        check.SetAction(async (parsed, cancellationToken) =>
        {
            var problems = await Maintenance(parsed).CheckAsync(cancellationToken);
            foreach (var problem in problems)
                Console.WriteLine(problem);
            if (problems.Count == 0)
                Console.WriteLine(parsed.GetValue(Of) == Roles.Sam ? "The database is whole and up to date, the audit trail unbroken." : "The database is whole and up to date.");
            return problems.Count == 0 ? ExitCode.Done : ExitCode.No;
        });
        var backup = Sub("backup", "Copy the embedded database into a new file; SAM may run.\n\nExample: slideport database backup /backup/sam-2026-03-01.db", File);
        backup.SetAction(parsed =>
        {
            Maintenance(parsed).Backup(parsed.GetValue(File)!);
            Console.WriteLine($"Backed up to {Path.GetFullPath(parsed.GetValue(File)!)}. The identity folder (keys; without its pins.key every PIN has to be set anew) is backed up apart from it.");
        });
        var restore = Sub("restore", "Put a backup in the embedded database's place; SAM must not run.\n\nExample: slideport database restore /backup/sam-2026-03-01.db", File);
        restore.SetAction(async (parsed, cancellationToken) =>
        {
            var aside = await Maintenance(parsed).RestoreAsync(parsed.GetValue(File)!, cancellationToken);
            Console.WriteLine(aside is null ? "Restored." : $"Restored; what was there before lies at {aside}.");
            return ExitCode.Done;
        });
        return new Command(
            "database",
            "Update, check, back up and restore SAM's database, or with --of dsr the catalogue's. Settings follow as --Database:Key=value, or --Dsr:Database:Key=value.\n\n"
            + "Example: slideport database check\n"
            + "Example: slideport database backup sam-backup.db")
        {
            update, script, check, backup, restore,
        };
    }

    private static Command Sub(string name, string description, params Argument[] arguments)
    {
        var command = new Command(name, description) { TreatUnmatchedTokensAsErrors = false };
        command.Options.Add(Of);
        foreach (var argument in arguments)
            command.Arguments.Add(argument);
        return command;
    }

    private static DatabaseMaintenance Maintenance(ParseResult parsed)
    {
        var settings = SlideportSettings.Load(parsed.GetValue(GlobalOptions.Data)!, [.. parsed.UnmatchedTokens]);
        return parsed.GetValue(Of) switch
        {
            Roles.Sam => SamMaintenance.Of(settings.Database()),
            Roles.Dsr => DsrMaintenance.Of(settings.Dsr().Database),
            var other => throw new UsageException($"'{other}' has no database; write sam or dsr."),
        };
    }
}
