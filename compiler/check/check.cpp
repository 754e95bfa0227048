#include "check/check.h"

#include <algorithm>

#include "check/data.h"
#include "check/definitions.h"
#include "check/deploy.h"
#include "check/elaborate.h"
#include "check/forms.h"
#include "check/index_limits.h"
#include "check/library.h"
#include "check/reporter.h"
#include "check/train.h"
#include "support/text.h"

namespace tdc::check {
namespace {

class FileCheck {
 public:
  FileCheck(const Library& library, const Selection& selection, Diagnostics& diagnostics)
      : selection_(selection), reporter_(diagnostics), library_(library) {}

  std::optional<CheckedFile> run(const FileScope& file) {
    definitions_ = check_definitions(library_.files(), reporter_);
    evaluate_lets(library_.files(), library_, reporter_);
    // Nets and blocks of used files are only looked at when they are used; what the file itself
    // declares is checked whole.
    for (const ast::Declaration& declaration : file.tree.declarations)
      if (const auto* block = std::get_if<ast::Block>(&declaration.kind);
          block != nullptr && block->is_net)
        elaborate(*block, file);
    for (const ast::Declaration& declaration : file.tree.declarations) check(declaration, file);
    choose_deployment(file);
    choose_program(file);
    if (result_.selected_deployment < result_.deployments.size())
      check_platform(result_.deployments[result_.selected_deployment].chip, selection_.platform,
                     reporter_);
    if (reporter_.error_count() > 0) return std::nullopt;
    report_unread(file);
    for (Program& program : result_.programs) complete(program);
    return std::move(result_);
  }

 private:
  /// Warns of what is bound for nothing (scope-5).
  void report_unread(const FileScope& main) {
    for (const ast::Name& name : definitions_.unread)
      reporter_.report(name.range, diag::unused_binding, name.text).hint(diag::hint_unused_result);
    for (const auto& [name, let] : main.lets)
      if (!main.used_lets.contains(name))
        reporter_.report(let->name.range, diag::unused_binding, name);
  }

  void check_data_block(const ast::Data& data, SourceRange origin, const FileScope& file) {
    const auto net = find_net(data.net, file);
    if (!net) return;
    const auto [first, is_new] = data_origins_.try_emplace(data.net.text, data.net.range);
    if (!is_new) {
      reporter_.report(data.net.range, diag::duplicate_clause, "data for " + data.net.text)
          .note(first->second, diag::note_first_here, data.net.text);
      return;
    }
    const ElaboratedNet& elaborated = elaborate(*net.declaration, *net.file);
    if (!elaborated.is_sound) return;
    if (std::optional<Data> result = check_data(data, origin, elaborated, reporter_))
      data_.emplace(data.net.text, *std::move(result));
  }

  /// The net called `name`; if there is none, says so.
  Found<ast::Block> find_net(const ast::Name& name, const FileScope& file) {
    const auto net = lookup(file, &FileScope::blocks, name.text);
    if (net && net.declaration->is_net) return net;
    std::vector<std::string> nets;
    for (const auto& [each, block] : file.blocks)
      if (block->is_net) nets.push_back(each);
    reporter_.report(name.range, diag::unknown_net, name.text).suggest(nearest(name.text, nets));
    return {};
  }

  const ElaboratedNet& elaborate(const ast::Block& net, const FileScope& file) {
    auto [known, is_new] = nets_.try_emplace(&net);
    if (is_new)
      known->second = elaborate_net(net, file, library_, reporter_, definitions_.recursive);
    return known->second;
  }

  void check(const ast::Declaration& declaration, const FileScope& file) {
    if (const auto* train = std::get_if<ast::Train>(&declaration.kind)) {
      check_train(*train, declaration.range, file);
    } else if (const auto* deploy = std::get_if<ast::Deploy>(&declaration.kind)) {
      if (auto result = check_deploy(*deploy, declaration.range, file, reporter_))
        result_.deployments.push_back(*std::move(result));
    } else if (const auto* chip = std::get_if<ast::Chip>(&declaration.kind)) {
      check_chip(*chip, reporter_);
    } else if (const auto* data = std::get_if<ast::Data>(&declaration.kind)) {
      check_data_block(*data, declaration.range, file);
    } else if (const auto* weights = std::get_if<ast::Weights>(&declaration.kind)) {
      if (!weights->map.empty())
        reporter_.report(weights->map.front().range, diag::not_yet, "a map of weight names");
      if (!weights_from_.empty()) {
        reporter_.report(weights->file.range, diag::duplicate_clause, "weights")
            .note(weights_origin_, diag::note_first_here, "weights");
        return;
      }
      weights_from_ = weights->file.value;
      weights_origin_ = weights->file.range;
    } else if (std::holds_alternative<ast::Assertion>(declaration.kind)) {
      reporter_.report(declaration.range, diag::assertion_place);
    }
  }

  /// The net of a train block, through those that it extends.
  Found<ast::Block> net_of(const ast::Train& train, const FileScope& file) {
    const ast::Train* base = &train;
    for (size_t i = 0; base->extends && i <= file.trains.size(); ++i) {
      const auto found = lookup(file, &FileScope::trains, base->base.text);
      if (!found) break;
      base = found.declaration;
    }
    if (base->extends) return {};  // `apply_train` says why
    return find_net(base->base, file);
  }

  void check_train(const ast::Train& train, SourceRange origin, const FileScope& file) {
    const int errors = reporter_.error_count();
    const Found<ast::Block> net = net_of(train, file);
    if (!net && reporter_.error_count() != errors) return;
    // Without a net there is a mistake in the chain of `extends`, which is all that can be said.
    std::optional<TrainedNet> result =
        apply_train(train, origin, file, library_, reporter_, definitions_.recursive,
                    net ? elaborate(*net.declaration, *net.file) : ElaboratedNet{.file = &file});
    if (!result) return;
    result_.programs.push_back({.net = net.declaration->name.text,
                                .prefix = {},
                                .module = std::move(result->module),
                                .training = std::move(result->training),
                                .deployment = {},
                                .data = {},
                                .selection = std::move(result->selection),
                                .adapters = std::move(result->adapters),
                                .weights_from = std::move(result->weights_from),
                                .weights_origin = result->weights_origin});
  }

  [[nodiscard]] std::string deploy_name(const FileScope& file) const {
    if (!selection_.deploy.empty()) return selection_.deploy;
    if (selection_.prefers_deploy_of_file)
      for (const ast::Declaration& declaration : file.tree.declarations)
        if (const auto* deploy = std::get_if<ast::Deploy>(&declaration.kind))
          return deploy->name.text;
    return "host";
  }

  void choose_deployment(const FileScope& file) {
    const std::string name = deploy_name(file);
    if (!file.deploys.contains(name)) {
      if (name != "host")
        return report_selection(file, diag::no_such_deploy, name, names_of<ast::Deploy>(file),
                                {"host"});
      result_.deployments.push_back(host_deployment());
    }
    const auto& deployments = result_.deployments;
    result_.selected_deployment = static_cast<size_t>(
        std::find_if(deployments.begin(), deployments.end(),
                     [&](const Deployment& each) { return each.name == name; }) -
        deployments.begin());
  }

  void choose_program(const FileScope& file) {
    const std::vector<std::string> trains = names_of<ast::Train>(file);
    if (!selection_.train.empty()) {
      const auto selected = std::find(trains.begin(), trains.end(), selection_.train);
      if (selected == trains.end())
        return report_selection(file, diag::no_such_train, selection_.train, trains, {});
      result_.selected_program = static_cast<size_t>(selected - trains.begin());
    }
    if (!trains.empty()) return;
    for (const ast::Declaration& declaration : file.tree.declarations) {
      const auto* block = std::get_if<ast::Block>(&declaration.kind);
      if (block == nullptr || !block->is_net) continue;
      const ElaboratedNet& net = elaborate(*block, file);
      if (net.is_sound)
        result_.programs.push_back({.net = block->name.text,
                                    .prefix = {},
                                    .module = net.module,
                                    .training = {},
                                    .deployment = {},
                                    .data = {},
                                    .selection = {},
                                    .adapters = {},
                                    .weights_from = {},
                                    .weights_origin = {}});
      return;
    }
    if (reporter_.error_count() == 0) reporter_.report({file.tree.file, 0, 0}, diag::no_net);
  }

  /// What a program has from outside of its `train` block.
  void complete(Program& program) const {
    for (ir::Graph& graph : program.module.graphs) limit_indices(graph);
    program.deployment = result_.deployments[result_.selected_deployment];
    program.prefix = selection_.prefix.empty() ? snake_case(program.net) : selection_.prefix;
    if (program.weights_from.empty()) {
      program.weights_from = weights_from_;
      program.weights_origin = weights_origin_;
    }
    if (const auto data = data_.find(program.net); data != data_.end()) program.data = data->second;
  }

  /// The names of all declarations of one kind, in the order of the file.
  template <typename T>
  static std::vector<std::string> names_of(const FileScope& file) {
    std::vector<std::string> names;
    for (const ast::Declaration& declaration : file.tree.declarations)
      if (const auto* each = std::get_if<T>(&declaration.kind)) names.push_back(each->name.text);
    return names;
  }

  /// Reports a name that the command line gave, so there is no place in the file to point at.
  template <typename Entry>
  void report_selection(const FileScope& file, const Entry& entry, const std::string& name,
                        std::vector<std::string> known, const std::vector<std::string>& built_in) {
    known.insert(known.end(), built_in.begin(), built_in.end());
    std::string list;
    for (const std::string& each : known)
      list += (list.empty() ? "`" : each == known.back() ? " and `" : ", `") + each + "`";
    reporter_
        .report({}, entry, library_.sources().name(file.tree.file), name,
                list.empty() ? "none" : list)
        .suggest(nearest(name, known));
  }

  const Selection& selection_;
  Reporter reporter_;
  const Library& library_;
  Definitions definitions_;
  std::map<const ast::Block*, ElaboratedNet> nets_;
  CheckedFile result_;
  std::string weights_from_;          // of the file, for nets whose `train` block says nothing
  SourceRange weights_origin_;        // its place
  std::map<std::string, Data> data_;  // by net
  std::map<std::string, SourceRange> data_origins_;  // the net's name in its first `data` block
};

}  // namespace

std::optional<CheckedFile> check_file(const Library& library, const FileScope& main,
                                      const Selection& selection, Diagnostics& diagnostics) {
  return FileCheck(library, selection, diagnostics).run(main);
}

}  // namespace tdc::check
