using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Slideport.Sam.Database.Migrations.Sqlite
{
    /// <inheritdoc />
    public partial class AuditAppendOnly : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            // The third: INSERT OR REPLACE removes a row without asking the trigger for deletions.
            migrationBuilder.Sql("CREATE TRIGGER \"AuditIsNotChanged\" BEFORE UPDATE ON \"Audit\" BEGIN SELECT RAISE(ABORT, 'The audit trail is only added to.'); END;");
            migrationBuilder.Sql("CREATE TRIGGER \"AuditIsNotShortened\" BEFORE DELETE ON \"Audit\" BEGIN SELECT RAISE(ABORT, 'The audit trail is only added to.'); END;");
            migrationBuilder.Sql("CREATE TRIGGER \"AuditIsNotReplaced\" BEFORE INSERT ON \"Audit\" WHEN EXISTS (SELECT 1 FROM \"Audit\" WHERE \"Sequence\" = NEW.\"Sequence\") BEGIN SELECT RAISE(ABORT, 'The audit trail is only added to.'); END;");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("DROP TRIGGER \"AuditIsNotChanged\"; DROP TRIGGER \"AuditIsNotShortened\"; DROP TRIGGER \"AuditIsNotReplaced\";");
        }
    }
}
